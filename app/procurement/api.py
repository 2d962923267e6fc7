"""The API of procurement: funds, pledges and offers here, orders and receipts in the routers beside it."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.auth import Right, Write, needs
from app.catalog.types import Program
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Code, Day
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfMatch, IfNoneMatch, OptionalIfMatch, tagged
from app.partners.types import SupplyChannel
from app.procurement import funds, offers, orders_api, pledges, receipts_api
from app.procurement.models import FundCommitment, FundSource, Offer, Pledge
from app.procurement.schemas import (
    Closing,
    CommitmentView,
    FundChange,
    FundView,
    NewFund,
    NewOffer,
    NewPledge,
    OfferView,
    PledgeConfirmation,
    PledgeView,
    Rescheduling,
)
from app.procurement.types import OfferState, PledgeState

router = APIRouter(tags=["procurement"])


@router.get("/funds", summary="List funds", responses=problem_answers(), dependencies=[needs(Right.PROCUREMENT_READ)])
def list_funds(session: Reader, cursor: PageCursor) -> Rendered[Page[FundView]]:
    """Funds with what is committed and what is left."""
    return show_page(session, funds.select_funds(), FundSource.id, cursor, FundView)


@router.post(
    "/funds",
    status_code=201,
    summary="Enter a fund",
    responses=problem_answers(409),
    dependencies=[needs(Right.FUND_MANAGE)],
)
def create_fund(new: NewFund, work: Write, once: Once) -> Rendered[FundView]:
    """Money that orders may be paid from; a STOP fund refuses what it has not, a WARN fund warns."""
    return once(work, lambda: tagged(funds.create_fund(work, new), FundView.of))


@router.get(
    "/funds/{code}", summary="Show a fund", responses=problem_answers(404), dependencies=[needs(Right.PROCUREMENT_READ)]
)
def show_fund(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[FundView]:
    """One fund."""
    return known.answer(funds.fund_by_code(session, code), FundView.of)


@router.patch(
    "/funds/{code}",
    summary="Change a fund",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.FUND_MANAGE)],
)
def change_fund(code: Code, change: FundChange, work: Write, if_match: IfMatch) -> Rendered[FundView]:
    """More or less money, another rule; a STOP fund cannot have less than is committed."""
    return tagged(funds.change_fund(work, code, change, if_match), FundView.of)


@router.get(
    "/fund-commitments",
    summary="List commitments",
    responses=problem_answers(),
    dependencies=[needs(Right.PROCUREMENT_READ)],
)
def list_commitments(
    session: Reader,
    cursor: PageCursor,
    fund: Code | None = None,
    reference_kind: Code | None = None,
    reference_key: Code | None = None,
    open_only: Annotated[bool, Query(description="Only what is still taken.")] = False,
) -> Rendered[Page[CommitmentView]]:
    """What documents have taken of funds, and what they gave back."""
    query = funds.select_commitments(
        fund=fund, reference_kind=reference_kind, reference_key=reference_key, open_only=open_only
    )
    return show_page(session, query, FundCommitment.id, cursor, CommitmentView)


@router.get(
    "/pledges", summary="List pledges", responses=problem_answers(), dependencies=[needs(Right.PROCUREMENT_READ)]
)
def list_pledges(
    session: Reader,
    cursor: PageCursor,
    state: PledgeState | None = None,
    supply_channel: SupplyChannel | None = None,
    partner: Code | None = None,
    warehouse: Code | None = None,
    item: Code | None = None,
) -> Rendered[Page[PledgeView]]:
    """Promised donations and allocations."""
    query = pledges.select_pledges(
        state=state, supply_channel=supply_channel, partner=partner, warehouse=warehouse, item=item
    )
    return show_page(session, query, Pledge.id, cursor, PledgeView)


@router.post(
    "/pledges",
    status_code=201,
    summary="Write down a pledge",
    responses=problem_answers(),
    dependencies=[needs(Right.PROCUREMENT_WRITE)],
)
def create_pledge(new: NewPledge, work: Write, once: Once) -> Rendered[PledgeView]:
    """A promise; it counts as an arrival in plans once the giver has confirmed it."""
    return once(work, lambda: tagged(pledges.create_pledge(work, new), PledgeView.of))


@router.get(
    "/pledges/{code}",
    summary="Show a pledge",
    responses=problem_answers(404),
    dependencies=[needs(Right.PROCUREMENT_READ)],
)
def show_pledge(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[PledgeView]:
    """One pledge."""
    return known.answer(pledges.pledge_by_code(session, code), PledgeView.of)


@router.post(
    "/pledges/{code}/confirm",
    summary="Confirm a pledge",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PROCUREMENT_WRITE)],
)
def confirm_pledge(
    code: Code, confirmation: PledgeConfirmation, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[PledgeView]:
    """The giver's final word on quantity, day and expiry."""
    return once(work, lambda: tagged(pledges.confirm_pledge(work, code, confirmation, if_match), PledgeView.of))


@router.post(
    "/pledges/{code}/reschedule",
    summary="Expect a pledge on another day",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PROCUREMENT_WRITE)],
)
def reschedule_pledge(
    code: Code, new: Rescheduling, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[PledgeView]:
    """Earlier or later; the next plan counts with it."""
    return once(work, lambda: tagged(pledges.reschedule_pledge(work, code, new, if_match), PledgeView.of))


@router.post(
    "/pledges/{code}/cancel",
    summary="Call off a pledge",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PROCUREMENT_WRITE)],
)
def cancel_pledge(
    code: Code, closing: Closing, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[PledgeView]:
    """Only while nothing of it has come."""
    return once(work, lambda: tagged(pledges.cancel_pledge(work, code, closing, if_match), PledgeView.of))


@router.post(
    "/pledges/{code}/close-short",
    summary="Expect nothing more",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PROCUREMENT_WRITE)],
)
def close_pledge_short(
    code: Code, closing: Closing, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[PledgeView]:
    """For a pledge that has come in part."""
    return once(work, lambda: tagged(pledges.close_pledge_short(work, code, closing, if_match), PledgeView.of))


@router.get("/offers", summary="List offers", responses=problem_answers(), dependencies=[needs(Right.PROCUREMENT_READ)])
def list_offers(
    session: Reader,
    cursor: PageCursor,
    state: OfferState | None = None,
    partner: Code | None = None,
    item: Code | None = None,
    warehouse: Code | None = None,
    program: Program | None = None,
    valid_on: Day | None = None,
) -> Rendered[Page[OfferView]]:
    """What suppliers could sell."""
    query = offers.select_offers(
        state=state, partner=partner, item=item, warehouse=warehouse, program=program, valid_on=valid_on
    )
    return show_page(session, query, Offer.id, cursor, OfferView)


@router.post(
    "/offers",
    status_code=201,
    summary="Write down an offer",
    responses=problem_answers(),
    dependencies=[needs(Right.PROCUREMENT_WRITE)],
)
def create_offer(new: NewOffer, work: Write, once: Once) -> Rendered[OfferView]:
    """Quantity, price, lead days and how long it stands."""
    return once(work, lambda: tagged(offers.create_offer(work, new), OfferView.of))


@router.get(
    "/offers/{code}",
    summary="Show an offer",
    responses=problem_answers(404),
    dependencies=[needs(Right.PROCUREMENT_READ)],
)
def show_offer(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[OfferView]:
    """One offer."""
    return known.answer(offers.offer_by_code(session, code), OfferView.of)


@router.post(
    "/offers/{code}/withdraw",
    summary="Withdraw an offer",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PROCUREMENT_WRITE)],
)
def withdraw_offer(
    code: Code, closing: Closing, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[OfferView]:
    """What was ordered of it stays ordered."""
    return once(work, lambda: tagged(offers.withdraw_offer(work, code, closing, if_match), OfferView.of))


router.include_router(orders_api.router)
router.include_router(receipts_api.router)
