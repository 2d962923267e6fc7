"""The sample's linked price subsidy: December 2019 is due, and a draft waits for a leader."""

from datetime import date, time

from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.work import Work
from app.sample.files import read_rows
from app.sample.steps import Step
from app.sample.supply import LEADER, PROCUREMENT
from app.subsidies.figures import create_region, enter_count, enter_figure
from app.subsidies.schemas import NewEntitledCount, NewIndexFigure, NewIndexRegion, NewSubsidyRun, NewSubsidyScheme
from app.subsidies.service import create_scheme, draft_run


def subsidy_step(today: date) -> Step:
    """Figures, people, the scheme and the draft, after the orders of the morning."""
    return Step(on=today, at=time(11, 30), act=_enter)


def _enter(session: Session, clock: Clock) -> None:
    work = Work(session, PROCUREMENT, clock)
    for region in read_rows("index_regions", NewIndexRegion):
        create_region(work, region)
    for figure in read_rows("index_figures", NewIndexFigure):
        enter_figure(work, figure)
    for count in read_rows("entitled_counts", NewEntitledCount):
        enter_count(work, count)
    for scheme in read_rows("subsidy_schemes", NewSubsidyScheme):
        create_scheme(Work(session, LEADER, clock), scheme)
        draft_run(work, NewSubsidyRun(scheme=scheme.code, month="2019-12"))
