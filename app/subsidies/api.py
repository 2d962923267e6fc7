"""REST of subsidies: regions, index figures, counts, schemes, runs."""

from fastapi import APIRouter, status

from app.auth import Right, Write, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Code
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfMatch, IfNoneMatch, OptionalIfMatch, tagged
from app.subsidies import figures, service
from app.subsidies.models import EntitledCount, IndexFigure, IndexRegion, SubsidyRun, SubsidyScheme
from app.subsidies.schemas import (
    EntitledCountView,
    IndexFigureView,
    IndexRegionView,
    Month,
    NewEntitledCount,
    NewIndexFigure,
    NewIndexRegion,
    NewSubsidyRun,
    NewSubsidyScheme,
    SubsidyPayment,
    SubsidyRejection,
    SubsidyRunHeadView,
    SubsidyRunView,
    SubsidySchemeChange,
    SubsidySchemeView,
)
from app.subsidies.types import EntitledGroup, SubsidyRunState

router = APIRouter(tags=["subsidies"])
_READ = needs(Right.PROCUREMENT_READ)
_DRAFT = needs(Right.SUBSIDY_DRAFT)
_APPROVE = needs(Right.SUBSIDY_APPROVE)


@router.get(
    "/index-regions", summary="List regions of the price statistics", responses=problem_answers(), dependencies=[_READ]
)
def list_regions(session: Reader, cursor: PageCursor) -> Rendered[Page[IndexRegionView]]:
    """Regions with the province whose figures stand in for theirs."""
    return show_page(session, figures.select_regions(), IndexRegion.id, cursor, IndexRegionView)


@router.post(
    "/index-regions",
    status_code=status.HTTP_201_CREATED,
    summary="Enter a region of the price statistics",
    responses=problem_answers(409),
    dependencies=[_DRAFT],
)
def create_region(new: NewIndexRegion, work: Write, once: Once) -> Rendered[IndexRegionView]:
    """A city, or the province above it."""
    return once(work, lambda: Rendered(IndexRegionView.of(figures.create_region(work, new))))


@router.get("/index-figures", summary="List index figures", responses=problem_answers(), dependencies=[_READ])
def list_figures(
    session: Reader, cursor: PageCursor, region: Code | None = None, month: Month | None = None
) -> Rendered[Page[IndexFigureView]]:
    """All revisions; the last one of a region and month counts."""
    return show_page(
        session, figures.select_figures(region=region, month=month), IndexFigure.id, cursor, IndexFigureView
    )


@router.post(
    "/index-figures",
    status_code=status.HTTP_201_CREATED,
    summary="Enter the price indexes of a month",
    responses=problem_answers(409),
    dependencies=[_DRAFT],
)
def enter_figure(new: NewIndexFigure, work: Write, once: Once) -> Rendered[IndexFigureView]:
    """Figures that were entered before are corrected by the next revision, with a reason."""
    return once(work, lambda: Rendered(IndexFigureView.of(figures.enter_figure(work, new))))


@router.get("/entitled-counts", summary="List people entitled", responses=problem_answers(), dependencies=[_READ])
def list_counts(
    session: Reader, cursor: PageCursor, group: EntitledGroup | None = None, month: Month | None = None
) -> Rendered[Page[EntitledCountView]]:
    """All revisions; the last one of a group, zone and month counts."""
    return show_page(
        session, figures.select_counts(group=group, month=month), EntitledCount.id, cursor, EntitledCountView
    )


@router.post(
    "/entitled-counts",
    status_code=status.HTTP_201_CREATED,
    summary="Enter people entitled",
    responses=problem_answers(409),
    dependencies=[_DRAFT],
)
def enter_count(new: NewEntitledCount, work: Write, once: Once) -> Rendered[EntitledCountView]:
    """A count that was entered before is corrected by the next revision, with a reason."""
    return once(work, lambda: Rendered(EntitledCountView.of(figures.enter_count(work, new))))


@router.get("/subsidy-schemes", summary="List schemes", responses=problem_answers(), dependencies=[_READ])
def list_schemes(session: Reader, cursor: PageCursor) -> Rendered[Page[SubsidySchemeView]]:
    """When subsidies are due and what they pay."""
    return show_page(session, service.select_schemes(), SubsidyScheme.id, cursor, SubsidySchemeView)


@router.post(
    "/subsidy-schemes",
    status_code=status.HTTP_201_CREATED,
    summary="Enter a scheme",
    responses=problem_answers(409),
    dependencies=[needs(Right.FUND_MANAGE)],
)
def create_scheme(new: NewSubsidyScheme, work: Write, once: Once) -> Rendered[SubsidySchemeView]:
    """Triggers, minimum, local standards by zone, factor and fund."""
    return once(work, lambda: tagged(service.create_scheme(work, new), SubsidySchemeView.of))


@router.get("/subsidy-schemes/{code}", summary="Show a scheme", responses=problem_answers(404), dependencies=[_READ])
def show_scheme(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[SubsidySchemeView]:
    """One scheme."""
    return known.answer(service.scheme_by_code(session, code), SubsidySchemeView.of)


@router.patch(
    "/subsidy-schemes/{code}",
    summary="Change a scheme",
    responses=problem_answers(404),
    dependencies=[needs(Right.FUND_MANAGE)],
)
def change_scheme(
    code: Code, change: SubsidySchemeChange, work: Write, if_match: IfMatch
) -> Rendered[SubsidySchemeView]:
    """For the runs to come; those that were drafted stay as they are."""
    return tagged(service.change_scheme(work, code, change, if_match), SubsidySchemeView.of)


@router.get("/subsidy-runs", summary="List runs of subsidies", responses=problem_answers(), dependencies=[_READ])
def list_runs(
    session: Reader, cursor: PageCursor, state: SubsidyRunState | None = None, scheme: Code | None = None
) -> Rendered[Page[SubsidyRunHeadView]]:
    """Drafts, and what was approved, committed, paid or rejected."""
    return show_page(
        session, service.select_runs(state=state, scheme=scheme), SubsidyRun.id, cursor, SubsidyRunHeadView
    )


@router.post(
    "/subsidy-runs",
    status_code=status.HTTP_201_CREATED,
    summary="Draft the subsidies of a month",
    responses=problem_answers(409),
    dependencies=[_DRAFT],
)
def draft_run(new: NewSubsidyRun, work: Write, once: Once) -> Rendered[SubsidyRunView]:
    """409 where nothing is due, something is missing, or the month has a run of this scheme that is not rejected."""
    return once(work, lambda: tagged(service.draft_run(work, new), service.run_view))


@router.get(
    "/subsidy-runs/{code}", summary="Show a run of subsidies", responses=problem_answers(404), dependencies=[_READ]
)
def show_run(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[SubsidyRunView]:
    """Its lines, and its computation in words in both languages."""
    return known.answer(service.run_by_code(session, code), service.run_view)


@router.post(
    "/subsidy-runs/{code}/approve",
    summary="Approve a run",
    responses=problem_answers(404, 409),
    dependencies=[_APPROVE],
)
def approve_run(code: Code, work: Write, if_match: OptionalIfMatch, once: Once) -> Rendered[SubsidyRunView]:
    """By somebody else than who drafted it."""
    return once(work, lambda: tagged(service.approve_run(work, code, if_match), service.run_view))


@router.post(
    "/subsidy-runs/{code}/commit",
    summary="Take a run's total of its fund",
    responses=problem_answers(404, 409),
    dependencies=[_DRAFT],
)
def commit_run(code: Code, work: Write, if_match: OptionalIfMatch, once: Once) -> Rendered[SubsidyRunView]:
    """409 where a fund that stops overspending has less left, be it one fen."""
    return once(work, lambda: tagged(service.commit_run(work, code, if_match), service.run_view))


@router.post(
    "/subsidy-runs/{code}/pay",
    summary="Note that a run was paid",
    responses=problem_answers(404, 409),
    dependencies=[_DRAFT],
)
def pay_run(
    code: Code, payment: SubsidyPayment, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[SubsidyRunView]:
    """On which day, and what proves it."""
    return once(work, lambda: tagged(service.pay_run(work, code, payment, if_match), service.run_view))


@router.post(
    "/subsidy-runs/{code}/reject",
    summary="Reject a run",
    responses=problem_answers(404, 409),
    dependencies=[_APPROVE],
)
def reject_run(
    code: Code, why: SubsidyRejection, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[SubsidyRunView]:
    """Before it is paid; its fund gets back what it has taken, and the month may be drafted again."""
    return once(work, lambda: tagged(service.reject_run(work, code, why.reason, if_match), service.run_view))
