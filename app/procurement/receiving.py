"""Decisions on what comes in: fit to be accepted, within what was ordered or pledged, not the same again."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.core.errors import ConflictError, Fault, Param
from app.partners.types import SupplyChannel
from app.procurement.order_schemas import DisposedLine, NewReceipt, NewReceiptLine
from app.procurement.rules import PLEDGE_CHANNELS, channel_faults
from app.procurement.types import PledgeState, PurchaseOrderState
from app.stock.rules import expiry_faults


class OverDeliveryError(ConflictError):
    """More would be accepted than was ordered or pledged."""

    code = "over_delivery"


class PossibleDuplicateError(ConflictError):
    """The same partner has delivered the same quantity of an item on that day already."""

    code = "possible_duplicate"


class LotDiffersError(ConflictError):
    """A lot of this code exists with another expiry, channel, giver or earmark."""

    code = "lot_differs"


def origin_faults(new: NewReceipt) -> list[Fault]:
    """Whether a receipt says where it comes from, once."""
    faults = []
    if new.purchase_order is not None and new.pledge is not None:
        message = "A receipt belongs to an order or to a pledge, not to both."
        faults.append(Fault("two_origins", message, "pledge"))
    if new.purchase_order is not None or new.pledge is not None:
        named = (("partner", new.partner), ("supply_channel", new.supply_channel))
        message = "This is known from the order or pledge; leave it out."
        faults += [Fault("known_from_origin", message, where) for where, value in named if value is not None]
        return faults
    for where, value in (("partner", new.partner), ("warehouse", new.warehouse)):
        if value is None:
            message = "An unannounced receipt must name this."
            faults.append(Fault("needed_when_unannounced", message, where))
    return faults + channel_faults(new.supply_channel or SupplyChannel.DONATION, PLEDGE_CHANNELS)


def line_faults(line: NewReceiptLine, n: int, *, shelf_life_days: int | None, received_on: date) -> list[Fault]:
    """Everything that is wrong with line `n` of a receipt by itself.

    Expired goods are refused: they may only be recorded as rejected.
    """
    faults = []
    if line.accepted_units + line.rejected_units == 0:
        faults.append(Fault("nothing_received", "Nothing came on this line.", f"lines.{n}.accepted_units"))
    if line.rejected_units > 0 and not line.rejection_reason:
        faults.append(Fault("reason_missing", "A reason is needed.", f"lines.{n}.rejection_reason"))
    if line.accepted_units > 0 and line.expiry_date is not None and line.expiry_date < received_on:
        message = "{item} expired after {expiry_date}: it can only be rejected."
        params = {"item": line.item, "expiry_date": line.expiry_date.isoformat()}
        faults.append(Fault("expired_goods", message, f"lines.{n}.expiry_date", params))
    faults += expiry_faults(line.expiry_date, expiry_unknown=line.expiry_unknown, where=f"lines.{n}.")
    is_told = line.expiry_date is not None or line.expiry_unknown
    if line.accepted_units > 0 and not is_told and shelf_life_days is not None:
        message = "{item} does not keep for ever: give the last day of use, or say that it is not known."
        faults.append(Fault("expiry_missing", message, f"lines.{n}.expiry_date", {"item": line.item}))
    return faults


def lot_repeat_faults(lines: Iterable[NewReceiptLine]) -> list[Fault]:
    """A fault for every line that names the same lot as one before it."""
    faults: list[Fault] = []
    seen: set[tuple[str, str]] = set()
    for n, line in enumerate(lines):
        if line.lot_code is None:
            continue
        if (line.item, line.lot_code) in seen:
            faults.append(Fault("repeated", "“{key}” is named twice.", f"lines.{n}.lot_code", {"key": line.lot_code}))
        seen.add((line.item, line.lot_code))
    return faults


def units_by_item(lines: Iterable[NewReceiptLine], *, with_rejected: bool) -> dict[str, int]:
    """Units of each item over all lines: those accepted, or all that came."""
    units: Counter[str] = Counter()
    for line in lines:
        units[line.item] += line.accepted_units + (line.rejected_units if with_rejected else 0)
    return dict(sorted(units.items()))


def over_delivery_faults(document: str, open_units: Mapping[str, int], accepted: Mapping[str, int]) -> list[Fault]:
    """Every item of which more would be accepted than the order or pledge has open, by name."""
    message = "{document} has {open} units of {item} open; {accepted} cannot be accepted."
    return [
        Fault(
            OverDeliveryError.code,
            message,
            "lines",
            {"document": document, "item": item, "open": open_units[item], "accepted": units},
        )
        for item, units in sorted(accepted.items())
        if item in open_units and units > open_units[item]
    ]


def not_ordered_faults(document: str, open_units: Mapping[str, int], lines: Iterable[NewReceiptLine]) -> list[Fault]:
    """Every line whose item the order or pledge does not name."""
    message = "{document} does not name {item}."
    return [
        Fault("not_ordered", message, f"lines.{n}.item", {"document": document, "item": line.item})
        for n, line in enumerate(lines)
        if line.item not in open_units
    ]


def earmark_faults(document: str, pledged: frozenset[str], lines: Iterable[NewReceiptLine]) -> list[Fault]:
    """Every line that would send pledged goods past the facilities that they were pledged for."""
    message = "{document} is given for {allowed} only."
    params = {"document": document, "allowed": ", ".join(sorted(pledged))}
    return [
        Fault("earmark_widened", message, f"lines.{n}.earmark", params)
        for n, line in enumerate(lines)
        if pledged and not pledged.issuperset(line.earmark)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class LotFacts:
    """What makes a lot the same lot: more may come of it only with all of this equal."""

    supply_channel: SupplyChannel
    partner: str | None
    expiry_date: date | None
    earmark: frozenset[str]
    expiry_unknown: bool = False

    @property
    def expiry_text(self) -> str:
        """The last day of use; `?` where nobody knows it, `-` where there is none."""
        return "?" if self.expiry_unknown else str(self.expiry_date or "-")


def lot_difference_faults(known: LotFacts, coming: LotFacts, lot: str, n: int) -> list[Fault]:
    """Where what comes on line `n` under a known lot code is not that lot."""
    message = "Lot {lot} is known with another {field}: {known}. Give what came now a code of its own."
    pairs = (
        ("supply_channel", known.supply_channel.value, coming.supply_channel.value),
        ("partner", known.partner, coming.partner),
        ("expiry_date", known.expiry_text, coming.expiry_text),
        ("earmark", ", ".join(sorted(known.earmark)) or "-", ", ".join(sorted(coming.earmark)) or "-"),
    )
    return [
        Fault(LotDiffersError.code, message, f"lines.{n}.lot_code", {"lot": lot, "field": field, "known": before})
        for field, before, now in pairs
        if before != now
    ]


def duplicate_faults(
    came: Mapping[str, int], earlier: Iterable[tuple[str, str, int]], *, partner: str, day: date
) -> list[Fault]:
    """Every item whose quantity equals that of an earlier receipt of the same partner and day.

    `earlier` are (receipt, item, units that came), `came` the units of each item that come now.
    """
    message = (
        "{partner} delivered {quantity} units of {item} on {day} already, by {receipt}; "
        "if this is another delivery, confirm that it is not a duplicate."
    )
    return [
        Fault(
            PossibleDuplicateError.code,
            message,
            "confirmed_not_duplicate",
            {"partner": partner, "quantity": units, "item": item, "day": day.isoformat(), "receipt": receipt},
        )
        for receipt, item, units in sorted(earlier)
        if came.get(item) == units
    ]


def order_state_after(lines: Iterable[tuple[int, int]]) -> PurchaseOrderState:
    """The state of an order whose lines have (ordered, accepted) units."""
    pairs = list(lines)
    if all(accepted == ordered for ordered, accepted in pairs):
        return PurchaseOrderState.RECEIVED
    return PurchaseOrderState.PARTLY_RECEIVED if any(accepted for _, accepted in pairs) else PurchaseOrderState.ORDERED


def pledge_state_after(quantity: int, received_units: int, before: PledgeState) -> PledgeState:
    """The state of a pledge of which this much has come; one of which nothing was accepted stays as it was."""
    if received_units == quantity:
        return PledgeState.RECEIVED
    return PledgeState.PARTLY_RECEIVED if received_units > 0 else before


def pledge_state_after_reversal(quantity: int, received_units: int) -> PledgeState:
    """The state of a pledge once a receipt of it is undone; with nothing left it is one that is still to come."""
    return pledge_state_after(quantity, received_units, PledgeState.CONFIRMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Rejected goods on a line of a receipt that wait aside."""

    item: str
    waiting_units: int


def disposal_faults(lines: Sequence[DisposedLine], rejected: Sequence[Rejected]) -> list[Fault]:
    """Every line that the receipt does not have, or of which more would go than waits; lines may be named often."""
    left = [one.waiting_units for one in rejected]
    faults: list[Fault] = []
    for n, line in enumerate(lines):
        if line.line > len(rejected):
            message = "The receipt has {lines} lines."
            faults.append(Fault("unknown_line", message, f"lines.{n}.line", {"lines": len(rejected)}))
            continue
        waiting_units = left[line.line - 1]
        if line.units > waiting_units:
            message = "{waiting} rejected units of {item} wait on line {line}; {units} cannot go."
            params: dict[str, Param] = {
                "waiting": waiting_units,
                "item": rejected[line.line - 1].item,
                "line": line.line,
                "units": line.units,
            }
            faults.append(Fault("more_than_rejected", message, f"lines.{n}.units", params))
        left[line.line - 1] -= min(line.units, waiting_units)
    return faults
