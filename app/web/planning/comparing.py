"""Two plans side by side: who gains and who loses, line by line."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.errors import InvalidInputError
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.planning.plans.comparison import SHARE_DUST, ComparedNeed, Comparison, compare_plans
from app.planning.plans.models import AllocationPlan
from app.planning.plans.service import plan_by_code
from app.web.kit.columns import share_tone
from app.web.kit.rendering import PageLanguage, Words, render
from app.web.kit.tables import Column, Filter, Kind, Listing, show_list

router = APIRouter(include_in_schema=False)


@router.get("/plans/{code}/comparison", dependencies=[needs(Right.PLAN_READ)])
def show_comparison(
    request: Request,
    session: Reader,
    language: PageLanguage,
    code: Code,
    other: Annotated[Code | None, Query(description="The plan to compare with.")] = None,
) -> Response:
    """What this plan changes beside another of its program: the one named, else the one before it."""
    plan = plan_by_code(session, code)
    others = session.scalars(
        select(AllocationPlan)
        .where(
            AllocationPlan.program == plan.program,
            AllocationPlan.id != plan.id,
            AllocationPlan.plan_json.is_not(None),
        )
        .order_by(AllocationPlan.id.desc())
    ).all()
    reference = _reference(session, plan, others, other)
    if reference is None or plan.plan_json is None:
        return render(
            request, "planning/comparison.html", language, plan=plan, tab="comparison", others=others, reference=None
        )
    words = Words(language)
    comparison = compare_plans(session, reference, plan)
    listing = needs_listing(comparison, reference.code, plan.code, words)
    return show_list(
        request,
        session,
        language,
        listing,
        "planning/comparison.html",
        plan=plan,
        tab="comparison",
        others=others,
        reference=reference,
        comparison=comparison,
        tiers=[(words("Tier {tier}", tier=tier), group) for tier, group in comparison.by_tier().items()],
        items=[(words.name(item), group) for item, group in comparison.by_item().items()],
        zones=[(words.name(zone), group) for zone, group in comparison.by_zone().items()],
    )


def _reference(
    session: Session, plan: AllocationPlan, others: Sequence[AllocationPlan], named: str | None
) -> AllocationPlan | None:
    if named is None:
        return next((one for one in others if one.id < plan.id), others[0] if others else None)
    reference = plan_by_code(session, named)
    if reference.program != plan.program:
        raise InvalidInputError.of("Only plans of the same program can be compared.", where="other")
    if reference.plan_json is None:
        raise InvalidInputError.of("This plan has no answer.", where="other")
    return reference


def _change(need: ComparedNeed) -> str:
    """Does the need gain, lose, stay, or stand in one of the answers only?"""
    difference = need.difference_share
    if difference is None:
        return "alone"
    return "gain" if difference > SHARE_DUST else "lose" if difference < -SHARE_DUST else "same"


def needs_listing(comparison: Comparison, base_title: str, other_title: str, words: Words) -> Listing[ComparedNeed]:
    """The needs of two answers side by side; the titles (English messages or codes) head their columns."""
    return Listing(
        file_name="Comparison of plans",
        rows=comparison.needs,
        columns=_columns(base_title, other_title, words),
        filters=_filters(comparison, words),
        sort="more",
    )


def _columns(base_title: str, other_title: str, words: Words) -> list[Column[ComparedNeed]]:
    return [
        Column(key="facility", title="Facility", value=lambda need: words.name(need.known.facility), sortable=True),
        Column(key="item", title="Item", value=lambda need: words.name(need.known.item), sortable=True),
        Column(key="tier", title="Tier", value=lambda need: need.known.tier, kind=Kind.NUMBER, sortable=True),
        Column(key="by", title="Needed by", value=lambda need: need.known.needed_by, kind=Kind.DAY, sortable=True),
        Column(
            key="need",
            title="Need",
            value=lambda need: need.known.wanted_units,
            kind=Kind.QUANTITY,
            sortable=True,
            unit=lambda need: need.known.item.base_unit.value,
        ),
        Column(
            key="base",
            title=base_title,
            value=lambda need: need.base.share if need.base else None,
            kind=Kind.SHARE,
            sortable=True,
            tone=lambda need: share_tone(need.base.share) if need.base else "",
        ),
        Column(
            key="other",
            title=other_title,
            value=lambda need: need.other.share if need.other else None,
            kind=Kind.SHARE,
            sortable=True,
            tone=lambda need: share_tone(need.other.share) if need.other else "",
        ),
        Column(
            key="more",
            title="More (+) or less (−)",
            value=lambda need: need.difference_units,
            kind=Kind.QUANTITY,
            sortable=True,
            unit=lambda need: need.known.item.base_unit.value,
            tone=lambda need: "full" if need.difference_units > 0 else "low" if need.difference_units < 0 else "",
        ),
    ]


def _filters(comparison: Comparison, words: Words) -> list[Filter]:
    names = {"gain": "Gains", "lose": "Loses", "same": "Stays the same", "alone": "In one plan only"}
    return [
        Filter(
            key="change",
            title="Gains or loses",
            choices=[(key, words(name)) for key, name in names.items()],
            narrow=lambda rows, value: [need for need in rows if _change(need) == value],
        ),
        Filter(
            key="tier",
            title="Tier",
            choices=[(str(tier), str(tier)) for tier in comparison.by_tier()],
            narrow=lambda rows, value: [need for need in rows if need.known.tier == int(value)],
        ),
        Filter(
            key="item",
            title="Item",
            choices=[(item.code, words.name(item)) for item in comparison.by_item()],
            narrow=lambda rows, value: [need for need in rows if need.known.item.code == value],
        ),
    ]
