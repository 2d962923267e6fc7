"""Days whose balance has been published: an event dated into one of them makes its next version due.

The domain of disclosure is above this one and says what it has published; every movement is compared with it here.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.core.errors import Fault, Param
from app.core.rights import Role
from app.core.work import Work
from app.notices.service import NewNotice, leave_notices
from app.stock.models import PublishedDay, StockEvent


def select_published_days(*, due: bool | None = None) -> Select[PublishedDay]:
    """The published days, or only those whose next version is due (or not)."""
    query = select(PublishedDay)
    if due is None:
        return query
    return query.where(PublishedDay.due_since.is_not(None) if due else PublishedDay.due_since.is_(None))


def note_published(work: Work, as_of: date) -> None:
    """A version of a day has been published: nothing is due until the figures change again."""
    row = _locked(work.session, as_of)
    if row is None:
        work.session.add(PublishedDay(as_of=as_of, published_at=work.now))
    else:
        row.published_at, row.due_since, row.due_event_id = work.now, None, None
    work.session.flush()


def _locked(session: Session, as_of: date) -> PublishedDay | None:
    query = select(PublishedDay).where(PublishedDay.as_of == as_of).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def tell_publisher(work: Work, events: Sequence[StockEvent]) -> None:
    """Mark the published days into which the events are dated, with a notice to leaders for each day marked anew."""
    if not events:
        return
    first = min(events, key=lambda event: (event.occurred_on, event.id))
    query = select_published_days(due=False).where(PublishedDay.as_of >= first.occurred_on)
    rows = work.session.scalars(query.order_by(PublishedDay.id).with_for_update()).all()
    notices = []
    for row in rows:
        event = next(one for one in events if one.occurred_on <= row.as_of)
        row.due_since, row.due_event_id = work.now, event.id
        message = (
            "The published figures of {day} have changed: {units} of {item}, dated {occurred_on}, were recorded "
            "afterwards. The next version of that day is due."
        )
        params: dict[str, Param] = {
            "day": row.as_of.isoformat(),
            "units": event.quantity,
            "item": event.lot.item.code,
            "occurred_on": event.occurred_on.isoformat(),
        }
        told = Fault("published_day_changed", message, "", params)
        notices.append(NewNotice(told=told, address="/disclosure/new", role=Role.LEADER))
    work.session.flush()
    leave_notices(work, notices)
