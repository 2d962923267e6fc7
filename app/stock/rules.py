"""The rules of stock: what a lot may be used for, the named refusals, and the conservation of a lot's units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.core.errors import ConflictError, Fault, Param
from app.stock.types import StockEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class LotFacts:
    """What decides whether a lot may be used."""

    lot: str
    item: str
    expiry_date: date | None = None
    """The last day on which it may be used."""
    blocked_reason: str | None = None
    earmark: frozenset[int] = frozenset()
    """Ids of the only facilities that it may go to; empty: anyone."""


class UnusableLotError(ConflictError):
    """A lot is expired, blocked or earmarked for another facility, so it is neither reserved nor shipped."""

    code = "unusable_lot"


def unusable_faults(lot: LotFacts, *, day: date, facility_id: int | None = None, where: str = "") -> list[Fault]:
    """Every reason why a lot may not be used on a day, for a facility where one is given; empty: it may.

    The codes are `lot_expired`, `lot_blocked` and `lot_earmarked`.
    """
    named: dict[str, Param] = {"lot": lot.lot, "item": lot.item}
    faults: list[Fault] = []
    if lot.expiry_date is not None and lot.expiry_date < day:
        message = "Lot {lot} of {item} expired after {expiry_date}."
        faults.append(Fault("lot_expired", message, where, {**named, "expiry_date": lot.expiry_date.isoformat()}))
    if lot.blocked_reason is not None:
        message = "Lot {lot} of {item} is blocked: {blocked_reason}"
        faults.append(Fault("lot_blocked", message, where, {**named, "blocked_reason": lot.blocked_reason}))
    if facility_id is not None and lot.earmark and facility_id not in lot.earmark:
        message = "Lot {lot} of {item} is earmarked for others."
        faults.append(Fault("lot_earmarked", message, where, named))
    return faults


@dataclass(frozen=True, slots=True, kw_only=True)
class StockShortage:
    """More was asked for than there is; `place` is the warehouse, or the facility it is on its way to or lies at."""

    lot: str
    item: str
    place: str
    wanted_units: int
    available_units: int
    where: str = ""

    @property
    def fault(self) -> Fault:
        """The shortage in words."""
        message = "Lot {lot} of {item} at {place}: {wanted} asked for, {available} available."
        params: dict[str, Param] = {
            "lot": self.lot,
            "item": self.item,
            "place": self.place,
            "wanted": self.wanted_units,
            "available": self.available_units,
        }
        return Fault(InsufficientStockError.code, message, self.where, params)


class InsufficientStockError(ConflictError):
    """Some places were asked for more of a lot than they have available; `shortages` names all of them."""

    code = "insufficient_stock"

    def __init__(self, shortages: Sequence[StockShortage]) -> None:
        self.shortages = tuple(shortages)
        super().__init__(*(shortage.fault for shortage in self.shortages))


def answer_faults(*, delivered_units: int, quarantined_units: int, used_units: int, lot: str) -> list[Fault]:
    """What is wrong with a facility's answer to a recall: more units than it was given of the lot."""
    told = quarantined_units + used_units
    if told <= delivered_units:
        return []
    message = "Of lot {lot}, {delivered} were delivered there; {told} cannot be set apart or used."
    params: dict[str, Param] = {"lot": lot, "delivered": delivered_units, "told": told}
    return [Fault("more_than_delivered", message, "quarantined_units", params)]


def refuse_if_unfit(unusable: Sequence[Fault], shortages: Sequence[StockShortage]) -> None:
    """Raise with everything that stands in the way: `UnusableLotError` if any lot may not be used at all, with the
    shortages beside it, else `InsufficientStockError`."""
    if unusable:
        raise UnusableLotError(*unusable, *(shortage.fault for shortage in shortages))
    if shortages:
        raise InsufficientStockError(shortages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conservation:
    """Where the units of a lot are: received = on hand + in transit + delivered + lost + returned, always."""

    received: int
    on_hand: int
    in_transit: int
    delivered: int
    lost: int
    returned: int

    @property
    def difference(self) -> int:
        """What is missing (above 0) or too much; 0 while the ledger conserves."""
        return self.received - (self.on_hand + self.in_transit + self.delivered + self.lost + self.returned)


def conserve(flows: Mapping[tuple[StockEnd, StockEnd], int], on_hand: int) -> Conservation:
    """The conservation of a lot from the units moved between each two ends, and what the warehouses' balances say."""

    def left_at(end: StockEnd) -> int:
        came = sum(units for (_, to_end), units in flows.items() if to_end is end)
        went = sum(units for (from_end, _), units in flows.items() if from_end is end)
        return came - went

    return Conservation(
        received=-left_at(StockEnd.OUTSIDE),
        on_hand=on_hand,
        in_transit=left_at(StockEnd.TRANSIT),
        delivered=left_at(StockEnd.FACILITY),
        lost=left_at(StockEnd.LOST),
        returned=left_at(StockEnd.RETURNED),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedCard:
    """A line of a count beside its card: `counted_seq` was the last line of the card then, `last_seq` is now."""

    lot: str
    item: str
    expected_units: int
    counted_units: int
    reason: str
    counted_seq: int
    last_seq: int


def posting_faults(card: CountedCard, *, where: str) -> list[Fault]:
    """Why a line of a count cannot be posted: its card moved since (`card_moved`), or its difference has no reason."""
    named: dict[str, Param] = {"lot": card.lot, "item": card.item}
    faults: list[Fault] = []
    if card.last_seq != card.counted_seq:
        message = "Lot {lot} of {item} has moved since it was counted; count it again."
        faults.append(Fault("card_moved", message, f"{where}.lot_id", named))
    if card.counted_units != card.expected_units and not card.reason.strip():
        message = "Lot {lot} of {item}: {counted} counted, {expected} expected; a reason is needed."
        params = {**named, "counted": card.counted_units, "expected": card.expected_units}
        faults.append(Fault("reason_missing", message, f"{where}.reason", params))
    return faults


def expiry_faults(expiry_date: date | None, *, expiry_unknown: bool, where: str = "") -> list[Fault]:
    """What is wrong with a lot's last day of use: it cannot be known and unknown at once."""
    if expiry_date is None or not expiry_unknown:
        return []
    return [Fault("expiry_known", "The last day of use is either known or not.", f"{where}expiry_unknown")]


def first_to_use(expiry_date: date | None, *, expiry_unknown: bool) -> date:
    """Sort key of lots: unknown ones first, then what expires first, and what keeps for ever last."""
    return date.min if expiry_unknown else expiry_date or date.max


def named_twice(keys: Sequence[str | int], *, where: str) -> list[Fault]:
    """A fault for every key that was named before in the list; `{n}` in `where` is its position."""
    seen: set[str | int] = set()
    faults: list[Fault] = []
    for n, key in enumerate(keys):
        if key in seen:
            params: dict[str, Param] = {"key": key}
            faults.append(Fault("named_twice", "“{key}” is named twice.", where.replace("{n}", str(n)), params))
        seen.add(key)
    return faults
