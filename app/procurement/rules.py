"""Decisions of procurement on funds, states, channels, offers and orders; receipts have their own in receiving."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.core.errors import ConflictError, Fault, ForbiddenError, Param
from app.partners.types import SupplyChannel
from app.procurement.money import (
    AMOUNT_FEN_MAX,
    PRICE_ALERT_PERMILLE,
    is_overpriced,
    price_ratio_permille,
    total_amount_fen,
)
from app.procurement.order_schemas import NewPurchaseOrder
from app.procurement.types import OverspendRule, PledgeState, PurchaseOrderState

ORDER_CHANNELS = frozenset(SupplyChannel) - {SupplyChannel.DONATION}
"""A gift is not ordered; provincial allocations may be, since the city often pays for them."""

PLEDGE_CHANNELS = frozenset(SupplyChannel) - {SupplyChannel.MARKET_PURCHASE, SupplyChannel.SPECIAL_HANDLING}
"""What is bought is ordered, not pledged; a local factory may give its output or sell it."""

OFFER_CHANNELS = ORDER_CHANNELS - {SupplyChannel.SPECIAL_HANDLING}
"""Special handling is how the city orders, not what a supplier offers."""


class FundOverspentError(ConflictError):
    """A fund that stops overspending has less left than was to be committed."""

    code = "fund_overspent"


class WrongStateError(ConflictError):
    """The document is in a state in which this step cannot be taken."""

    code = "wrong_state"


class OfferUnavailableError(ConflictError):
    """Offers have run out, lapsed, been withdrawn, or have less left than was to be ordered."""

    code = "offer_unavailable"


class OwnReviewError(ForbiddenError):
    """Who ordered may not also be the one who reviews the order."""

    code = "own_review"


def overspend_fault(fund: str, rule: OverspendRule, amount_fen: int, committed_fen: int) -> Fault | None:
    """What is to be said of a fund with these commitments: nothing while they are within its amount.

    For a STOP fund it is the reason to refuse, for a WARN fund the warning to answer with.
    """
    if committed_fen <= amount_fen:
        return None
    params: dict[str, Param] = {
        "fund": fund,
        "amount_fen": amount_fen,
        "committed_fen": committed_fen,
        "missing_fen": committed_fen - amount_fen,
    }
    if rule is OverspendRule.WARN:
        message = "Fund {fund} is overspent by {missing_fen} fen: {committed_fen} committed of {amount_fen}."
        return Fault("fund_overspent_warning", message, "fund", params)
    message = "Fund {fund} would be overspent by {missing_fen} fen: {committed_fen} committed of {amount_fen}."
    return Fault(FundOverspentError.code, message, "fund", params)


class Step(StrEnum):
    """What can be done with a document."""

    APPROVE = "approve"
    PLACE = "place"
    CONFIRM = "confirm"
    RECEIVE = "receive"
    RESCHEDULE = "reschedule"
    CANCEL = "cancel"
    CLOSE_SHORT = "close_short"
    REVIEW = "review"


ORDER_STEPS = {
    Step.APPROVE: (PurchaseOrderState.DRAFT,),
    Step.PLACE: (PurchaseOrderState.APPROVED,),
    Step.RECEIVE: (PurchaseOrderState.ORDERED, PurchaseOrderState.PARTLY_RECEIVED),
    Step.RESCHEDULE: (
        PurchaseOrderState.DRAFT, PurchaseOrderState.APPROVED, PurchaseOrderState.ORDERED,
        PurchaseOrderState.PARTLY_RECEIVED,
    ),
    Step.CANCEL: (PurchaseOrderState.DRAFT, PurchaseOrderState.APPROVED, PurchaseOrderState.ORDERED),
    Step.CLOSE_SHORT: (PurchaseOrderState.PARTLY_RECEIVED,),
    Step.REVIEW: (PurchaseOrderState.ORDERED, PurchaseOrderState.PARTLY_RECEIVED, PurchaseOrderState.RECEIVED),
}  # fmt: skip
"""From which states an order takes each step."""

PLEDGE_STEPS = {
    Step.CONFIRM: (PledgeState.PROMISED,),
    Step.RECEIVE: (PledgeState.PROMISED, PledgeState.CONFIRMED, PledgeState.PARTLY_RECEIVED),
    Step.RESCHEDULE: (PledgeState.PROMISED, PledgeState.CONFIRMED, PledgeState.PARTLY_RECEIVED),
    Step.CANCEL: (PledgeState.PROMISED, PledgeState.CONFIRMED),
    Step.CLOSE_SHORT: (PledgeState.PARTLY_RECEIVED,),
}
"""From which states a pledge takes each step."""


def check_step(document: str, state: StrEnum, step: StrEnum, allowed: Sequence[StrEnum]) -> None:
    """Raise `WrongStateError` unless the document's state allows the step."""
    if state not in allowed:
        message = "{document} is {state}; “{step}” is possible only while it is: {allowed}."
        params = {
            "document": document,
            "state": state.value,
            "step": step.value,
            "allowed": ", ".join(one.value for one in allowed),
        }
        raise WrongStateError(Fault(WrongStateError.code, message, "state", params))


def channel_faults(channel: SupplyChannel, allowed: Collection[SupplyChannel]) -> list[Fault]:
    """Whether a document of this kind may have this channel."""
    if channel in allowed:
        return []
    message = "This cannot have the channel {channel}; possible are: {allowed}."
    params = {"channel": channel.value, "allowed": ", ".join(sorted(allowed))}
    return [Fault("channel_not_fitting", message, "supply_channel", params)]


def past_day_faults(day: date, today: date, where: str) -> list[Fault]:
    """Whether a day that lies ahead has already gone by."""
    if day >= today:
        return []
    return [Fault("day_in_the_past", "The day {day} has already gone by.", where, {"day": day.isoformat()})]


def expiry_before_arrival_faults(expiry_date: date | None, expected_on: date) -> list[Fault]:
    """Whether goods would have expired before they come."""
    if expiry_date is None or expiry_date >= expected_on:
        return []
    message = "It expires after {expiry_date}, before it comes on {expected_on}."
    params = {"expiry_date": expiry_date.isoformat(), "expected_on": expected_on.isoformat()}
    return [Fault("expired_on_arrival", message, "expiry_date", params)]


def repeated_faults(codes: Sequence[str], where: str) -> list[Fault]:
    """A fault for every code that a list names again; `{n}` in `where` is its position."""
    return [
        Fault("repeated", "“{key}” is named twice.", where.replace("{n}", str(n)), {"key": code})
        for n, code in enumerate(codes)
        if code in codes[:n]
    ]


def order_faults(new: NewPurchaseOrder, *, today: date) -> list[Fault]:
    """Everything that is wrong with a new order by itself."""
    faults = channel_faults(new.supply_channel, ORDER_CHANNELS)
    faults += past_day_faults(new.expected_on, today, "expected_on")
    faults += repeated_faults([line.item for line in new.lines], "lines.{n}.item")
    for n, line in enumerate(new.lines):
        if line.unit_price_microyuan is None and line.offer is None:
            message = "A price is needed where no offer is taken."
            faults.append(Fault("price_missing", message, f"lines.{n}.unit_price_microyuan"))
    special = new.supply_channel is SupplyChannel.SPECIAL_HANDLING
    if special and new.special_handling is None:
        message = "Special handling needs its legal basis, its reason and the day by which it is reviewed."
        faults.append(Fault("special_handling_missing", message, "special_handling"))
    if not special and new.special_handling is not None:
        message = "Only an order of the channel SPECIAL_HANDLING skips approval."
        faults.append(Fault("special_handling_not_fitting", message, "special_handling"))
    if new.special_handling is not None:
        faults += past_day_faults(new.special_handling.review_by, today, "special_handling.review_by")
    return faults


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferFacts:
    """What decides whether an order may take from an offer."""

    code: str
    partner: str
    item: str
    warehouse: str
    supply_channel: SupplyChannel
    unit_price_microyuan: int


def offer_match_faults(offer: OfferFacts, new: NewPurchaseOrder, n: int) -> list[Fault]:
    """Where line `n` of an order does not agree with the offer that it takes."""
    line = new.lines[n]
    pairs = [("partner", offer.partner, new.partner), ("warehouse", offer.warehouse, new.warehouse)]
    pairs.append((f"lines.{n}.item", offer.item, line.item))
    if new.supply_channel is not SupplyChannel.SPECIAL_HANDLING:
        pairs.append(("supply_channel", offer.supply_channel.value, new.supply_channel.value))
    message = "Offer {offer} says {offered} here, not {ordered}."
    faults = [
        Fault("offer_differs", message, where, {"offer": offer.code, "offered": offered, "ordered": ordered})
        for where, offered, ordered in pairs
        if offered != ordered
    ]
    if line.unit_price_microyuan is not None and line.unit_price_microyuan > offer.unit_price_microyuan:
        message = "The price is above that of offer {offer}: {offered} microyuan a unit."
        params: dict[str, Param] = {"offer": offer.code, "offered": offer.unit_price_microyuan}
        faults.append(Fault("price_above_offer", message, f"lines.{n}.unit_price_microyuan", params))
    return faults


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferDraw:
    """Units that an order wants from an offer, and how the offer stands."""

    offer: str
    wanted_units: int
    open_units: int
    withdrawn: bool
    valid_until: date | None
    where: str = ""


def draw_faults(draw: OfferDraw, *, today: date) -> list[Fault]:
    """Why the offer cannot give what the order wants of it; empty: it can."""
    faults = []
    if draw.withdrawn:
        faults.append(Fault("offer_withdrawn", "Offer {offer} was withdrawn.", draw.where, {"offer": draw.offer}))
    if draw.valid_until is not None and draw.valid_until < today:
        message = "Offer {offer} was valid until {valid_until}."
        params: dict[str, Param] = {"offer": draw.offer, "valid_until": draw.valid_until.isoformat()}
        faults.append(Fault("offer_lapsed", message, draw.where, params))
    if draw.wanted_units > draw.open_units:
        message = "Offer {offer} has {open} units left; {wanted} are to be ordered."
        params = {"offer": draw.offer, "open": draw.open_units, "wanted": draw.wanted_units}
        faults.append(Fault("offer_too_small", message, draw.where, params))
    return faults


def total_faults(lines: Iterable[tuple[int, int]], *, has_fund: bool) -> list[Fault]:
    """Whether the total of (unit price in microyuan, units) lines can be paid: bounded, and by a fund."""
    total_fen = total_amount_fen(lines)
    if total_fen > AMOUNT_FEN_MAX:
        message = "The order costs {total_fen} fen; at most {amount_fen_max} are allowed."
        # As text: the figure may be past what 64-bit readers of the answer can hold.
        params: dict[str, Param] = {"total_fen": str(total_fen), "amount_fen_max": AMOUNT_FEN_MAX}
        return [Fault("amount_too_large", message, "lines", params)]
    if total_fen > 0 and not has_fund:
        message = "A fund must be named: the order costs {total_fen} fen."
        return [Fault("fund_missing", message, "fund", {"total_fen": total_fen})]
    return []


def price_warning(item: str, unit_price_microyuan: int, reference_price_microyuan: int, where: str) -> Fault | None:
    """The warning of a price above the threshold; None below it and where there is no reference price."""
    if not is_overpriced(unit_price_microyuan, reference_price_microyuan):
        return None
    message = "{item} costs {ratio_permille} thousandths of its reference price; above {threshold} it is flagged."
    params: dict[str, Param] = {
        "item": item,
        "ratio_permille": price_ratio_permille(unit_price_microyuan, reference_price_microyuan),
        "threshold": PRICE_ALERT_PERMILLE,
    }
    return Fault("price_above_reference", message, where, params)


def review_refusal(order: str, *, is_special: bool, reviewed_by: str | None) -> Fault | None:
    """Why an order is not to be reviewed: it skipped nothing, or somebody has done it."""
    if not is_special:
        return Fault("not_special", "{order} is not an order of special handling.", "", {"order": order})
    if reviewed_by is not None:
        message = "{order} was already reviewed, by {reviewer}."
        return Fault("already_reviewed", message, "", {"order": order, "reviewer": reviewed_by})
    return None
