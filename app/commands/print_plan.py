"""A plan as lines of text for a terminal; Chinese letters take two columns."""

from collections.abc import Iterable, Iterator, Sequence
from unicodedata import east_asian_width

from app.core.i18n import money_text, name_of, number_text, quantity_text, share_text, title_of, translate
from app.planning.plans.report import PlanReport, last_day


def _width(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], left_columns: int = 1) -> Iterator[str]:
    """Columns as wide as their widest cell; the first ones flush left, numbers flush right."""
    cells = [head, *rows]
    widths = [max(_width(row[column]) for row in cells) for column in range(len(head))]
    for row in cells:
        padded = []
        for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
            space = " " * (width - _width(cell))
            padded.append(cell + space if column < left_columns else space + cell)
        yield "  " + "  ".join(padded).rstrip()


def plan_lines(report: PlanReport, language: str) -> Iterator[str]:
    """Stock and need per item, the plan by band and tier, the worst shortfalls with reasons, what would help."""

    def say(message: str, **params: object) -> str:
        return translate(message, language, **params)

    plan = report.plan
    yield say("Plan {code}: {first} to {last}", code=plan.code, first=plan.start.isoformat(), last=last_day(plan))
    yield say(
        "{title}; {needs} needs, {short} of them short; cost {cost}",
        title=title_of(plan.policy, language),
        needs=report.needs,
        short=report.short_needs,
        cost=money_text(plan.cost_fen or 0, language),
    )
    yield ""
    yield say("Can we hold? Stock and need per item")
    yield from _item_table(report, language)
    yield ""
    yield say("How far each tier gets, band by band")
    bands = [name_of(band, language) for band in plan.policy.bands]
    head = [say("Tier"), *bands, say("Lowest"), say("Short"), say("Needs planned")]
    rows = [
        [
            str(row.tier),
            *(share_text(share, language) for share in row.shares),
            share_text(row.lowest_share, language),
            str(row.short_needs),
            str(row.needs),
        ]
        for row in report.tiers
    ]
    yield from _table(head, rows)
    for row in report.tiers:
        names = say(", ").join(name_of(kind, language) for kind in row.types)
        yield f"  {say('Tier {tier}', tier=row.tier)}: {names}"
    yield ""
    yield say("Worst shortfalls, key points first")
    for short in report.shortfalls:
        demand = short.demand
        unit = demand.item.base_unit.value
        yield "  " + say(
            "{facility}: {item} {planned} of {wanted} ({share})",
            facility=name_of(demand.facility, language),
            item=name_of(demand.item, language),
            planned=quantity_text(demand.planned_units, unit, language),
            wanted=quantity_text(demand.wanted_units, unit, language),
            share=share_text(short.share, language),
        )
        yield from (f"    {reason}" for reason in short.reasons)
    yield ""
    yield say("What would help most")
    yield from (f"  {number}. {text}" for number, text in enumerate(report.helps, 1))
    if report.left_out:
        yield ""
        yield say("There, but not planned with")
        yield from (f"  {text}" for text in report.left_out)


def _item_table(report: PlanReport, language: str) -> Iterator[str]:
    head = ("Item", "Need", "In stock", "On its way", "Offered", "To buy", "Planned", "Met", "Lasts for days")
    rows = []
    for row in report.items:
        unit = row.item.base_unit.value
        units = (
            row.wanted_units,
            row.stock_units,
            row.arriving_units,
            row.offered_units,
            row.bought_units,
            row.planned_units,
        )
        rows.append(
            [
                name_of(row.item, language),
                *(quantity_text(one, unit, language) if one else "-" for one in units),
                share_text(row.planned_share, language),
                number_text(row.cover_days, language, decimals=1),
            ]
        )
    yield from _table([translate(text, language) for text in head], rows)
