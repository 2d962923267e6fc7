"""What would help most, in words: more of a lot, an offer, a fund, a truck, a reserve."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.core.i18n import money_text, number_text, quantity_text, translate
from app.planning.plans.models import AllocationPlan
from app.planning.plans.wording import Namer, help_text, limit_name
from app.planning.snapshot.facts import FEN_PER_YUAN

HELPS_MAX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """One sentence of what would help most, and the limit that it speaks of."""

    text: str
    limit_key: str
    item: str
    """Of stock, offers and reserves."""


def help_texts(
    session: Session, plan: AllocationPlan, problem: Mapping[str, Any], language: str, naming: Namer
) -> list[Help]:
    """What would help most, the most helpful first; `problem` is the plan's."""
    sources = {source["id"]: source["item"] for source in (*problem.get("supplies", ()), *problem.get("offers", ()))}
    units = {item.code: item.base_unit.value for item in session.scalars(select(Item))}
    helps: list[Help] = []
    told: set[tuple[str, str]] = set()
    for row in plan.helps:
        kind, _, key = row.limit_key.partition(":")
        # More of any lot of an item helps alike: the best of them speaks for all.
        item = sources.get(key, key)
        subject = ("supply" if kind == "offer" else kind, item)
        if row.served_units < 1 or subject in told or len(helps) == HELPS_MAX:
            continue
        told.add(subject)
        unit_name = units.get(item, "")
        if kind == "fund":
            more = money_text(row.unit * FEN_PER_YUAN, language)
        elif kind == "capacity":
            more = translate("{number} litres", language, number=number_text(row.unit, language))
        else:
            more = quantity_text(row.unit, unit_name, language)
        if kind in ("fund", "capacity"):
            served = translate("{number} units", language, number=number_text(row.served_units, language))
        else:
            served = quantity_text(row.served_units, unit_name, language)
        text = help_text(kind, more, limit_name(row.limit_key, language, naming), served, language)
        helps.append(Help(text=text, limit_key=row.limit_key, item="" if kind in ("fund", "capacity") else item))
    return helps
