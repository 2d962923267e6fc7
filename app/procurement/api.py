"""The API of procurement: funds, pledges and offers here, orders and receipts in the routers beside it."""

from typing import Annotated

from fastapi import Query

from app.auth import Right, Write, needs
from app.catalog.types import Program
from app.core.http.payloads import Code, Day, Page, PageCursor, Reader, problem_answers, show_page
from app.core.http.routing import ServiceRouter
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

router = ServiceRouter(tags=["procurement"])


@router.get("/funds", summary="List funds", responses=problem_answers(), dependencies=[needs(Right.PROCUREMENT_READ)])
def list_funds(session: Reader, cursor: PageCursor) -> Page[FundView]:
    """Funds with what is committed and what is left."""
    return show_page(session, funds.select_funds(), FundSource.id, cursor, FundView)


@router.post(
    "/funds",
    status_code=201,
    summary="Enter a fund",
    responses=problem_answers(409),
    dependencies=[needs(Right.FUND_MANAGE)],
)
def create_fund(new: NewFund, work: Write) -> FundView:
    """Money that orders may be paid from; a STOP fund refuses what it has not, a WARN fund warns."""
    return FundView.of(funds.create_fund(work, new))


@router.get(
    "/funds/{code}", summary="Show a fund", responses=problem_answers(404), dependencies=[needs(Right.PROCUREMENT_READ)]
)
def show_fund(code: Code, session: Reader) -> FundView:
    """One fund."""
    return FundView.of(funds.fund_by_code(session, code))


@router.patch(
    "/funds/{code}",
    summary="Change a fund",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.FUND_MANAGE)],
)
def change_fund(code: Code, change: FundChange, work: Write) -> FundView:
    """More or less money, another rule; a STOP fund cannot have less than is committed."""
    return FundView.of(funds.change_fund(work, code, change))


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
) -> Page[CommitmentView]:
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
) -> Page[PledgeView]:
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
def create_pledge(new: NewPledge, work: Write) -> PledgeView:
    """A promise; it counts as an arrival in plans once the giver has confirmed it."""
    return PledgeView.of(pledges.create_pledge(work, new))


@router.get(
    "/pledges/{code}",
    summary="Show a pledge",
    responses=problem_answers(404),
    dependencies=[needs(Right.PROCUREMENT_READ)],
)
def show_pledge(code: Code, session: Reader) -> PledgeView:
    """One pledge."""
    return PledgeView.of(pledges.pledge_by_code(session, code))


@router.post(
    "/pledges/{code}/confirm",
    summary="Confirm a pledge",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PROCUREMENT_WRITE)],
)
def confirm_pledge(code: Code, confirmation: PledgeConfirmation, work: Write) -> PledgeView:
    """The giver's final word on quantity, day and expiry."""
    return PledgeView.of(pledges.confirm_pledge(work, code, confirmation))


@router.post(
    "/pledges/{code}/reschedule",
    summary="Expect a pledge on another day",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PROCUREMENT_WRITE)],
)
def reschedule_pledge(code: Code, new: Rescheduling, work: Write) -> PledgeView:
    """Earlier or later; the next plan counts with it."""
    return PledgeView.of(pledges.reschedule_pledge(work, code, new))


@router.post(
    "/pledges/{code}/cancel",
    summary="Call off a pledge",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PROCUREMENT_WRITE)],
)
def cancel_pledge(code: Code, closing: Closing, work: Write) -> PledgeView:
    """Only while nothing of it has come."""
    return PledgeView.of(pledges.cancel_pledge(work, code, closing))


@router.post(
    "/pledges/{code}/close-short",
    summary="Expect nothing more",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PROCUREMENT_WRITE)],
)
def close_pledge_short(code: Code, closing: Closing, work: Write) -> PledgeView:
    """For a pledge that has come in part."""
    return PledgeView.of(pledges.close_pledge_short(work, code, closing))


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
) -> Page[OfferView]:
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
def create_offer(new: NewOffer, work: Write) -> OfferView:
    """Quantity, price, lead days and how long it stands."""
    return OfferView.of(offers.create_offer(work, new))


@router.get(
    "/offers/{code}",
    summary="Show an offer",
    responses=problem_answers(404),
    dependencies=[needs(Right.PROCUREMENT_READ)],
)
def show_offer(code: Code, session: Reader) -> OfferView:
    """One offer."""
    return OfferView.of(offers.offer_by_code(session, code))


@router.post(
    "/offers/{code}/withdraw",
    summary="Withdraw an offer",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PROCUREMENT_WRITE)],
)
def withdraw_offer(code: Code, closing: Closing, work: Write) -> OfferView:
    """What was ordered of it stays ordered."""
    return OfferView.of(offers.withdraw_offer(work, code, closing))


router.include_router(orders_api.router)
router.include_router(receipts_api.router)
