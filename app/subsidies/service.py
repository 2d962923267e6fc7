"""Schemes, and runs: drafted out of figures and counts, approved by a second person, committed, paid or rejected.

Order of locks: the scheme or the run, number series, the fund, the audit trail.
"""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.core.errors import Fault, InvalidInputError
from app.core.numbering import next_code
from app.core.records import add_row, lock_row_by_code, row_by_code, rows_by_code, set_fields, taken
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.facilities.models import GeographicZone
from app.facilities.service import zones_by_code
from app.procurement.funds import commit_fund, lock_fund, release_fund
from app.procurement.models import FundSource
from app.procurement.rules import check_step
from app.subsidies import rules
from app.subsidies.figures import counts_until, newest_figure
from app.subsidies.models import IndexFigure, IndexRegion, SubsidyBase, SubsidyLine, SubsidyRun, SubsidyScheme
from app.subsidies.rules import Amounts, Figure, Line, NotDueError, OwnRunError, RunIncompleteError
from app.subsidies.schemas import (
    NewSubsidyRun,
    NewSubsidyScheme,
    SubsidyPayment,
    SubsidyRunHeadView,
    SubsidyRunView,
    SubsidySchemeChange,
    SubsidySchemeView,
    SubsidyStandard,
)
from app.subsidies.types import Step, SubsidyRunState, Trigger
from app.subsidies.wording import computation
from app.subsidies.working_days import working_day_after

NUMBER_SERIES = "SB"
REFERENCE_KIND = "subsidy_run"
"""What a fund's commitment for a run is booked under."""


def create_scheme(work: Work, new: NewSubsidyScheme) -> SubsidyScheme:
    """Enter a scheme; all faults at once, `ConflictError` when its code is taken."""
    faults: list[Fault] = []
    regions = rows_by_code(work.session, IndexRegion, "region", [new.region], where="region", faults=faults)
    funds = rows_by_code(work.session, FundSource, "fund", [new.fund], where="fund", faults=faults)
    bases = _bases(work.session, new.bases, faults)
    InvalidInputError.raise_if(faults)
    scheme = SubsidyScheme(
        **new.model_dump(exclude={"region", "fund", "bases"}),
        region=regions[new.region],
        fund_source=funds[new.fund],
        bases=bases,
    )
    add_row(work.session, scheme, taken("scheme", new.code))
    work.record("SUBSIDY_SCHEME_CREATED", "subsidy_scheme", scheme.code, after=SubsidySchemeView.snapshot(scheme))
    return scheme


def _bases(session: Session, given: list[SubsidyStandard], faults: list[Fault]) -> list[SubsidyBase]:
    codes = [base.zone for base in given]
    zones: dict[str, GeographicZone] = zones_by_code(session, codes, where="bases.{n}.zone", faults=faults)
    message = "“{key}” is named twice."
    faults += [
        Fault("repeated", message, f"bases.{n}.zone", {"key": code})
        for n, code in enumerate(codes)
        if code in codes[:n]
    ]
    return [SubsidyBase(zone=zones[base.zone], base_fen=base.base_fen) for base in given if base.zone in zones]


def change_scheme(
    work: Work, code: str, change: SubsidySchemeChange, if_match: Precondition = ANY_VERSION
) -> SubsidyScheme:
    """Change the fields named of a scheme; runs that were drafted keep their own figures."""
    scheme = if_match.check(lock_row_by_code(work.session, SubsidyScheme, "scheme", code))
    before, given = SubsidySchemeView.snapshot(scheme), change.given()
    faults: list[Fault] = []
    if "fund" in given:
        fund = given.pop("fund")
        found = rows_by_code(work.session, FundSource, "fund", [fund], where="fund", faults=faults)
        given["fund_source"] = found.get(fund)
    if "bases" in given:
        bases = {base.zone_id: base for base in scheme.bases}
        wanted = _bases(work.session, given.pop("bases"), faults)
        InvalidInputError.raise_if(faults)
        if {base.zone.id: base.base_fen for base in wanted} != {zone: base.base_fen for zone, base in bases.items()}:
            scheme.touch()
        for base in wanted:
            known = bases.get(base.zone.id)
            if known is not None:
                known.base_fen = base.base_fen
        zone_ids = {base.zone.id for base in wanted}
        kept = [base for base in scheme.bases if base.zone_id in zone_ids]
        scheme.bases = kept + [base for base in wanted if base.zone.id not in bases]
    InvalidInputError.raise_if(faults)
    set_fields(scheme, given)
    work.session.flush()
    work.session.refresh(scheme)
    after = SubsidySchemeView.snapshot(scheme)
    work.record_change("SUBSIDY_SCHEME_CHANGED", "subsidy_scheme", code, before=before, after=after)
    return scheme


def scheme_by_code(session: Session, code: str) -> SubsidyScheme:
    """The scheme with this code; raises `NotFoundError`."""
    return row_by_code(session, SubsidyScheme, "scheme", code)


def select_schemes() -> Select[SubsidyScheme]:
    """All schemes."""
    return select(SubsidyScheme)


def draft_run(work: Work, new: NewSubsidyRun) -> SubsidyRun:
    """Compute what a scheme pays for a month, and keep it as a draft.

    Raises `NotDueError`, `RunIncompleteError` naming what is missing, `ConflictError` for a second run of the month.
    """
    rows_by_code(work.session, SubsidyScheme, "scheme", [new.scheme], where="scheme")
    scheme = lock_row_by_code(work.session, SubsidyScheme, "scheme", new.scheme)
    row = _figure_of(work.session, scheme, new.month)
    figure = Figure(cpi_permille=row.cpi_permille, food_permille=row.food_permille, scpi_permille=row.scpi_permille)
    amounts = Amounts(
        cpi_trigger_permille=scheme.cpi_trigger_permille,
        food_trigger_permille=scheme.food_trigger_permille,
        minimum_fen=scheme.minimum_fen,
        factor_permille=scheme.factor_permille,
    )
    passed = rules.triggers_passed(figure, amounts)
    if not passed:
        message = "Nothing is due for {month}: the rises stay below the triggers of the scheme."
        raise NotDueError.of(message, where="month", month=new.month)
    lines = _lines(work.session, scheme, new.month, figure, amounts)
    run = SubsidyRun(
        code=next_code(work.session, NUMBER_SERIES, work.today),
        scheme=scheme,
        month=new.month,
        state=SubsidyRunState.DRAFT,
        figure=row,
        due_by_cpi=Trigger.CPI in passed,
        due_by_food=Trigger.FOOD in passed,
        cpi_trigger_permille=amounts.cpi_trigger_permille,
        food_trigger_permille=amounts.food_trigger_permille,
        minimum_fen=amounts.minimum_fen,
        factor_permille=amounts.factor_permille,
        people=sum(line.count.people for line in lines),
        total_fen=sum(line.amount_fen for line in lines),
        pay_by=working_day_after(row.published_on, rules.PAY_WITHIN_WORKING_DAYS),
        drafted_by=work.actor.name,
        drafted_at=work.now,
    )
    run.lines = _rows(scheme, lines)
    message = "{month} has a run of this scheme already; reject it before another is drafted."
    add_row(work.session, run, Fault("subsidy_run_exists", message, "month", {"month": new.month}))
    return _record(work, run, "SUBSIDY_RUN_DRAFTED")


def _figure_of(session: Session, scheme: SubsidyScheme, month: str) -> IndexFigure:
    """The region's own figures of a month, else its province's."""
    region: IndexRegion | None = scheme.region
    while region is not None:
        figure = newest_figure(session, region.id, month)
        if figure is not None:
            return figure
        region = region.parent
    message = "No index figures of {month} are entered, neither of the region nor of its province."
    raise RunIncompleteError.of(message, where="month", code="figure_missing", month=month)


def _lines(session: Session, scheme: SubsidyScheme, month: str, figure: Figure, amounts: Amounts) -> list[Line]:
    counts = rules.newest_counts(counts_until(session, month), month)
    bases = {base.zone.code: base.base_fen for base in scheme.bases}
    RunIncompleteError.raise_if(rules.counts_faults(counts, bases, month))
    lines = rules.lines_of(counts, bases, figure, amounts)
    if not lines or not sum(line.amount_fen for line in lines):
        raise RunIncompleteError.of("Nobody is entitled, or a head gets nothing.", code="nobody_entitled")
    InvalidInputError.raise_if(rules.total_faults(lines))
    return lines


def _rows(scheme: SubsidyScheme, lines: list[Line]) -> list[SubsidyLine]:
    zones = {base.zone.code: base.zone for base in scheme.bases}
    return [
        SubsidyLine(
            entitled_group=line.count.group,
            zone=zones[line.count.zone],
            count_month=line.count.month,
            people=line.count.people,
            base_fen=line.base_fen,
            a_head_fen=line.a_head_fen,
            amount_fen=line.amount_fen,
        )
        for line in lines
    ]


def approve_run(work: Work, code: str, if_match: Precondition = ANY_VERSION) -> SubsidyRun:
    """Stand behind a draft; raises `OwnRunError` for who drafted it."""
    run = _locked(work, code, Step.APPROVE, if_match)
    if work.actor.name == run.drafted_by:
        message = "{actor} drafted this run; somebody else must approve it."
        raise OwnRunError.of(message, actor=work.actor.name)
    run.state, run.approved_by, run.approved_at = SubsidyRunState.APPROVED, work.actor.name, work.now
    return _record(work, run, "SUBSIDY_RUN_APPROVED")


def commit_run(work: Work, code: str, if_match: Precondition = ANY_VERSION) -> SubsidyRun:
    """Take the total of the scheme's fund; raises `FundOverspentError` where one that stops has less left."""
    run = _locked(work, code, Step.COMMIT, if_match)
    fund = lock_fund(work.session, run.scheme.fund_source.code)
    commit_fund(work, fund, run.total_fen, REFERENCE_KIND, run.code)
    run.state, run.committed_at = SubsidyRunState.COMMITTED, work.now
    return _record(work, run, "SUBSIDY_RUN_COMMITTED")


def pay_run(work: Work, code: str, payment: SubsidyPayment, if_match: Precondition = ANY_VERSION) -> SubsidyRun:
    """Note that the money has gone out, on which day, and what proves it."""
    run = _locked(work, code, Step.PAY, if_match)
    if payment.paid_on > work.today:
        message = "The day {day} has not come yet."
        raise InvalidInputError.of(message, where="paid_on", code="day_to_come", day=payment.paid_on.isoformat())
    run.state, run.paid_on, run.paid_by = SubsidyRunState.PAID, payment.paid_on, work.actor.name
    run.evidence = payment.evidence
    return _record(work, run, "SUBSIDY_RUN_PAID")


def reject_run(work: Work, code: str, reason: str, if_match: Precondition = ANY_VERSION) -> SubsidyRun:
    """Turn a run down before it is paid; what it has taken of its fund is given back."""
    run = _locked(work, code, Step.REJECT, if_match)
    release_fund(work, REFERENCE_KIND, run.code)
    run.state, run.rejected_by, run.rejection_reason = SubsidyRunState.REJECTED, work.actor.name, reason
    return _record(work, run, "SUBSIDY_RUN_REJECTED")


def _locked(work: Work, code: str, step: Step, if_match: Precondition) -> SubsidyRun:
    run = if_match.check(lock_row_by_code(work.session, SubsidyRun, "subsidy run", code))
    check_step(run.code, run.state, step, rules.STEPS[step])
    return run


def run_by_code(session: Session, code: str) -> SubsidyRun:
    """The run with this code; raises `NotFoundError`."""
    return row_by_code(session, SubsidyRun, "subsidy run", code)


def select_runs(*, state: SubsidyRunState | None = None, scheme: str | None = None) -> Select[SubsidyRun]:
    """Runs in a state and of a scheme, as far as given."""
    query = select(SubsidyRun)
    if state is not None:
        query = query.where(SubsidyRun.state == state)
    if scheme is not None:
        query = query.where(SubsidyRun.scheme.has(SubsidyScheme.code == scheme))
    return query


def run_view(run: SubsidyRun) -> SubsidyRunView:
    """A run with its lines and its computation in words."""
    words = {"computation_zh": computation(run, "zh-CN"), "computation_en": computation(run, "en")}
    return SubsidyRunView.of(run).model_copy(update=words)


def _record(work: Work, run: SubsidyRun, action: str) -> SubsidyRun:
    work.session.flush()
    work.record(action, "subsidy_run", run.code, after=SubsidyRunHeadView.snapshot(run))
    return run
