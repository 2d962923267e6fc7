"""A run's computation in words: every number that the amount rests on, from what was frozen with the run."""

from decimal import Decimal

from app.core.i18n import money_text, name_of, number_text, translate
from app.subsidies.models import SubsidyRun
from app.subsidies.rules import PAY_WITHIN_WORKING_DAYS, is_old
from app.subsidies.types import EntitledGroup
from app.subsidies.working_days import holidays_known


def percent(permille: int) -> str:
    """Thousandths as a percentage without its sign: 45 is 4.5."""
    return f"{Decimal(permille) / 10:.1f}"


def computation(run: SubsidyRun, language: str) -> list[str]:
    """The sentences of a run's computation, in a language."""
    return [*_figures(run, language), *_amounts(run, language), *_counts(run, language)]


def _figures(run: SubsidyRun, language: str) -> list[str]:
    figure, region = run.figure, run.scheme.region
    said = []
    if figure.region_id != region.id:
        message = "{own} has no figures of its own for {month}; those of {region} are taken."
        own = name_of(region, language)
        said.append(translate(message, language, own=own, region=name_of(figure.region, language), month=run.month))
    message = "{region}, {month}: consumer prices rose by {cpi} % on the year, food by {food} %."
    params = {"region": name_of(figure.region, language), "month": run.month}
    said.append(
        translate(message, language, **params, cpi=percent(figure.cpi_permille), food=percent(figure.food_permille))
    )
    if run.due_by_cpi:
        message = "Due because consumer prices rose by {limit} % or more."
        said.append(translate(message, language, limit=percent(run.cpi_trigger_permille)))
    if run.due_by_food:
        message = "Due because food prices rose by {limit} % or more."
        said.append(translate(message, language, limit=percent(run.food_trigger_permille)))
    return said


def _amounts(run: SubsidyRun, language: str) -> list[str]:
    minimum, factor = money_text(run.minimum_fen, language), f"{Decimal(run.factor_permille) / 1000:f}"
    if run.figure.scpi_permille is None:
        message = "The index for low incomes is not published: a head gets the minimum of {minimum}, times {factor}."
        said = [translate(message, language, minimum=minimum, factor=factor)]
    else:
        message = "A head gets the greater of {minimum} and the local standard times {scpi} %, times {factor}."
        scpi = percent(run.figure.scpi_permille)
        said = [translate(message, language, minimum=minimum, scpi=scpi, factor=factor)]
    message = "{people} people, {total} in all; to be paid by {day}, {days} working days after {published}."
    published = run.figure.published_on
    said.append(
        translate(
            message,
            language,
            people=number_text(run.people, language),
            total=money_text(run.total_fen, language),
            day=run.pay_by.isoformat(),
            days=PAY_WITHIN_WORKING_DAYS,
            published=published.isoformat(),
        )
    )
    if not holidays_known(published, run.pay_by):
        message = "Public holidays of this time are not entered: only weekends are counted as free."
        said.append(translate(message, language))
    return said


def _counts(run: SubsidyRun, language: str) -> list[str]:
    said = []
    for line in run.lines:
        if is_old(line.count_month, run.month):
            message = "{zone}, {group}: counted in {month}, more than three months before."
            group = translate(f"entitled.{line.entitled_group.value}", language)
            zone = name_of(line.zone, language)
            said.append(translate(message, language, zone=zone, group=group, month=line.count_month))
    counted = {line.entitled_group for line in run.lines}
    without = [translate(f"entitled.{one.value}", language) for one in EntitledGroup if one not in counted]
    if without:
        message = "Nobody is counted in these groups: {groups}."
        said.append(translate(message, language, groups=translate(", ", language).join(without)))
    return said
