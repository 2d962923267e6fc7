"""The rules of stock: what a lot may be used for, the named refusals, and the conservation of a lot's units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.errors import ConflictError, Fault, Param
from app.stock.models import StockEnd


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
            "lot": self.lot, "item": self.item, "place": self.place,
            "wanted": self.wanted_units, "available": self.available_units,
        }  # fmt: skip
        return Fault(InsufficientStockError.code, message, self.where, params)


class InsufficientStockError(ConflictError):
    """Some places were asked for more of a lot than they have available; `shortages` names all of them."""

    code = "insufficient_stock"

    def __init__(self, shortages: Sequence[StockShortage]) -> None:
        self.shortages = tuple(shortages)
        super().__init__(*(shortage.fault for shortage in self.shortages))


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
        received=-left_at(StockEnd.OUTSIDE), on_hand=on_hand, in_transit=left_at(StockEnd.TRANSIT),
        delivered=left_at(StockEnd.FACILITY), lost=left_at(StockEnd.LOST), returned=left_at(StockEnd.RETURNED),
    )  # fmt: skip
