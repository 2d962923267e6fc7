"""The facilities for which somebody may hand in needs, and whether they may at all."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Actor
from app.core.errors import NotFoundError, missing
from app.facilities.models import Facility
from app.facilities.service import facility_by_code
from app.web.kit.rendering import Words


def own_facilities(session: Session, actor: Actor) -> Sequence[Facility]:
    """The active facilities within the actor's reach that may ask for supplies, by their codes."""
    query = select(Facility).where(Facility.active.is_(True)).order_by(Facility.code)
    if actor.facilities is not None:
        query = query.where(Facility.code.in_(sorted(actor.facilities)))
    return [one for one in session.scalars(query).unique() if not one.facility_type.keeps_stock]


def chosen_facility(session: Session, actor: Actor, code: str | None) -> Facility | None:
    """The facility named, else the only one that the actor has; None where one must be chosen first.

    Raises `NotFoundError` where it is unknown or another's.
    """
    if code:
        if not actor.has_facility(code):
            raise NotFoundError(missing("facility", code))
        return facility_by_code(session, code)
    own = own_facilities(session, actor) if actor.facilities is not None else ()
    return own[0] if len(own) == 1 else None


def facility_choices(session: Session, actor: Actor, words: Words) -> list[tuple[str, str]]:
    """Codes and names of the facilities for a select, by name."""
    return sorted(((one.code, words.name(one)) for one in own_facilities(session, actor)), key=lambda pair: pair[1])
