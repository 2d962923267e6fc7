"""Tier raises: one leader proposes, another confirms; only then it counts."""

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.core.http.payloads import Identifier
from app.core.work import Work
from app.facilities.models import Facility
from app.facilities.service import select_facilities
from app.planning.policies import service as policies
from app.planning.policies.models import TierRaise
from app.planning.policies.schemas import NewTierRaise, RaiseReason
from app.web.kit.columns import Column, Kind, day_column, name_column, person_column
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, Typed, validated
from app.web.kit.tables import Listing

router = APIRouter(include_in_schema=False)


def _state(raised: TierRaise) -> str:
    if raised.ending is not None:
        return "ended"
    return "counts" if raised.confirmation is not None else "waits for a second leader"


@router.get("/tier-raises", dependencies=[needs(Right.PLAN_READ)])
def show_raises(page: Page, session: Reader) -> Response:
    """All tier raises, the newest first."""
    columns: list[Column[TierRaise]] = [
        name_column(
            "facility",
            "Facility",
            lambda row: row.facility,
            TierRaise.facility_id,
            lambda row: f"/tier-raises/{row.id}",
        ),
        Column(key="tier", title="Counts as tier", value=lambda row: row.tier, kind=Kind.NUMBER, order=TierRaise.tier),
        day_column("from", "From what day", lambda row: row.valid_from, TierRaise.valid_from),
        day_column("until", "Until", lambda row: row.valid_until, TierRaise.valid_until),
        Column(key="state", title="State", value=_state, kind=Kind.WORD),
        person_column("by", "Proposed by", lambda row: row.raised_by, TierRaise.raised_by),
        person_column(
            "second", "Confirmed by", lambda row: row.confirmation.confirmed_by if row.confirmation else None
        ),
        Column(key="reason", title="Reason", value=lambda row: row.reason),
    ]
    listing = Listing(
        file_name="Tier raises",
        rows=select(TierRaise).join(Facility),
        columns=columns,
        key=TierRaise.id,
        sort="-from",
        empty="No facility has been raised.",
    )
    return page.render_list(session, listing, "planning/tier_raises.html")


@router.get("/tier-raises/new", dependencies=[needs(Right.TIER_RAISE)])
def show_entry(page: Page, session: Reader) -> Response:
    """A form to fill."""
    return _entry(page, session, Form(values={"valid_from": page.clock.today().isoformat(), "tier": "1"}))


def _entry(page: PageContext, session: Session, form: Form) -> Response:
    facilities = [
        (row.code, f"{page.words.name(row)} ({page.words.name(row.facility_type)})")
        for row in session.scalars(select_facilities(session, active=True)).unique()
        if not row.facility_type.keeps_stock
    ]
    return page.render("planning/tier_raise_entry.html", form=form, facilities=facilities)


@router.post("/tier-raises", dependencies=[needs(Right.TIER_RAISE)])
def propose_raise(sent: SentForm) -> Response:
    """Propose one with one's own name."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        raised = policies.raise_tier(work, validated(NewTierRaise, typed))
        return f"/tier-raises/{raised.id}"

    return sent.run(act, lambda session, form: _entry(page, session, form))


@router.get("/tier-raises/{raise_id}", dependencies=[needs(Right.PLAN_READ)])
def show_raise(raise_id: Identifier, page: Page, session: Reader) -> Response:
    """Who proposed it and why, who confirmed it, how it ended."""
    return _raise_page(page, session, raise_id, Form())


def _raise_page(page: PageContext, session: Session, raise_id: int, form: Form) -> Response:
    raised = policies.raise_by_id(session, raise_id)
    return page.render("planning/tier_raise.html", form=form, raised=raised, state=_state(raised))


@router.post("/tier-raises/{raise_id}/confirm", dependencies=[needs(Right.TIER_RAISE)])
def confirm_raise(raise_id: Identifier, sent: SentForm) -> Response:
    """Stand behind another leader's raise."""
    page = sent.page

    def act(work: Work, _typed: Typed) -> str:
        policies.confirm_raise(work, raise_id)
        return f"/tier-raises/{raise_id}"

    return sent.run(act, lambda session, form: _raise_page(page, session, raise_id, form))


@router.post("/tier-raises/{raise_id}/end", dependencies=[needs(Right.TIER_RAISE)])
def end_raise(raise_id: Identifier, sent: SentForm) -> Response:
    """Turn it down, or call it off."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        reason = validated(RaiseReason, typed).reason
        policies.end_raise(work, raise_id, reason)
        return f"/tier-raises/{raise_id}"

    return sent.run(act, lambda session, form: _raise_page(page, session, raise_id, form))
