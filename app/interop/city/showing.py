"""The city workbook for somebody: the sheets that they may read, filled or begun with a starter."""

from sqlalchemy.orm import Session

from app.auth import Actor
from app.interop.city.kinds import KINDS
from app.interop.city.loading import refuse_facilities
from app.interop.city.present import present_city
from app.interop.city.starters import Starter, starter_city
from app.interop.city.workbook import city_workbook


def workbook_for(session: Session, actor: Actor, language: str, starter: Starter | None = None) -> bytes:
    """The workbook; raises `ForbiddenError` for people of facilities."""
    refuse_facilities(actor)
    if starter is not None:
        return city_workbook(starter_city(starter), language)
    kinds = [kind for kind in KINDS if actor.may(kind.reads)]
    return city_workbook(present_city(session, kinds), language, kinds)
