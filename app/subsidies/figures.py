"""Regions, index figures and counts: entered once, corrected by the next revision with a reason."""

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.core.errors import Fault, InvalidInputError
from app.core.records import add_row, rows_by_code, taken
from app.core.work import Work
from app.facilities.service import zones_by_code
from app.subsidies.models import EntitledCount, IndexFigure, IndexRegion
from app.subsidies.rules import Count
from app.subsidies.schemas import (
    EntitledCountView,
    IndexFigureView,
    IndexRegionView,
    NewEntitledCount,
    NewIndexFigure,
    NewIndexRegion,
)
from app.subsidies.types import EntitledGroup


def create_region(work: Work, new: NewIndexRegion) -> IndexRegion:
    """Enter a region; raises `InvalidInputError` for an unknown parent, `ConflictError` for a code that is taken."""
    parents = rows_by_code(work.session, IndexRegion, "region", [new.parent] if new.parent else [], where="parent")
    region = IndexRegion(
        code=new.code, name_zh=new.name_zh, name_en=new.name_en, parent=parents[new.parent] if new.parent else None
    )
    add_row(work.session, region, taken("region", new.code))
    work.record("INDEX_REGION_CREATED", "index_region", region.code, after=IndexRegionView.snapshot(region))
    return region


def select_regions() -> Select[IndexRegion]:
    """All regions."""
    return select(IndexRegion)


def enter_figure(work: Work, new: NewIndexFigure) -> IndexFigure:
    """Enter the indexes of a month, or correct them by the next revision.

    Raises `InvalidInputError` with every fault: unknown region, a day to come, a correction without its reason.
    """
    faults: list[Fault] = []
    regions = rows_by_code(work.session, IndexRegion, "region", [new.region], where="region", faults=faults)
    if new.published_on > work.today:
        message = "The day {day} has not come yet."
        faults.append(Fault("day_to_come", message, "published_on", {"day": new.published_on.isoformat()}))
    region = regions.get(new.region)
    last = (
        newest_figure(work.session, region.id, new.month) if region is not None else None
    )  # the unique key decides where two enter at once
    faults += _reason_faults(last.revision if last else 0, new.reason)
    InvalidInputError.raise_if(faults)
    assert region is not None
    figure = IndexFigure(
        region=region,
        revision=last.revision + 1 if last else 1,
        entered_by=work.actor.name,
        entered_at=work.now,
        **new.model_dump(exclude={"region"}),
    )
    add_row(work.session, figure, taken("figure", f"{new.region} {new.month}", where="month"))
    work.record("INDEX_FIGURE_ENTERED", "index_figure", figure.id, after=IndexFigureView.snapshot(figure))
    return figure


def _reason_faults(last_revision: int, reason: str) -> list[Fault]:
    if last_revision and not reason:
        message = "This was entered before (revision {revision}); say why it is corrected."
        return [Fault("correction_unexplained", message, "reason", {"revision": last_revision})]
    if not last_revision and reason:
        return [Fault("nothing_to_correct", "Nothing was entered before, so nothing is corrected.", "reason")]
    return []


def select_figures(*, region: str | None = None, month: str | None = None) -> Select[IndexFigure]:
    """Figures in all revisions, of a region and month as far as given."""
    query = select(IndexFigure)
    if region is not None:
        query = query.where(IndexFigure.region.has(IndexRegion.code == region))
    if month is not None:
        query = query.where(IndexFigure.month == month)
    return query


def newest_figure(session: Session, region_id: int, month: str) -> IndexFigure | None:
    """The last revision of a region's figures of a month."""
    query = select(IndexFigure).where(IndexFigure.region_id == region_id, IndexFigure.month == month)
    return session.scalars(query.order_by(IndexFigure.revision.desc()).limit(1)).first()


def enter_count(work: Work, new: NewEntitledCount) -> EntitledCount:
    """Enter the people of a group in a zone, or correct them by the next revision; all faults at once."""
    faults: list[Fault] = []
    zone = zones_by_code(work.session, [new.zone], faults=faults).get(new.zone)
    query = select(func.max(EntitledCount.revision)).where(
        EntitledCount.entitled_group == new.group,
        EntitledCount.zone_id == (zone.id if zone is not None else 0),
        EntitledCount.month == new.month,
    )
    last = work.session.scalar(query) or 0
    faults += _reason_faults(last, new.reason)
    InvalidInputError.raise_if(faults)
    assert zone is not None
    count = EntitledCount(
        entitled_group=new.group,
        zone=zone,
        revision=last + 1,
        entered_by=work.actor.name,
        entered_at=work.now,
        **new.model_dump(exclude={"group", "zone"}),
    )
    add_row(work.session, count, taken("count", f"{new.zone} {new.month}", where="month"))
    work.record("ENTITLED_COUNT_ENTERED", "entitled_count", count.id, after=EntitledCountView.snapshot(count))
    return count


def select_counts(*, group: EntitledGroup | None = None, month: str | None = None) -> Select[EntitledCount]:
    """Counts in all revisions, of a group and month as far as given."""
    query = select(EntitledCount)
    if group is not None:
        query = query.where(EntitledCount.entitled_group == group)
    if month is not None:
        query = query.where(EntitledCount.month == month)
    return query


def counts_until(session: Session, month: str) -> list[Count]:
    """All counts of a month and before, corrected ones after those that they correct."""
    query = select_counts().where(EntitledCount.month <= month)
    rows = session.scalars(query.order_by(EntitledCount.month, EntitledCount.revision)).unique()
    return [Count(group=row.entitled_group, zone=row.zone.code, month=row.month, people=row.people) for row in rows]
