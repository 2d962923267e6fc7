"""Rules of the ledger, without tables: what may move where, how much is available, what stock cards then say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from app.core.errors import Fault
from app.core.http.payloads import QUANTITY_MAX
from app.stock.types import StockEnd, StockEventKind

Ends = tuple[StockEnd, StockEnd]

ALLOWED_ENDS: Mapping[StockEventKind, frozenset[Ends]] = {
    StockEventKind.RECEIPT: frozenset({(StockEnd.OUTSIDE, StockEnd.WAREHOUSE)}),
    StockEventKind.SHIPMENT: frozenset({(StockEnd.WAREHOUSE, StockEnd.TRANSIT)}),
    StockEventKind.DELIVERY: frozenset({(StockEnd.TRANSIT, StockEnd.FACILITY)}),
    StockEventKind.TRANSFER: frozenset({(StockEnd.WAREHOUSE, StockEnd.WAREHOUSE)}),
    # A count that finds more brings units in from outside; one that finds less writes them off as lost.
    StockEventKind.ADJUSTMENT: frozenset({(StockEnd.OUTSIDE, StockEnd.WAREHOUSE), (StockEnd.WAREHOUSE, StockEnd.LOST)}),
    StockEventKind.LOSS: frozenset({(StockEnd.WAREHOUSE, StockEnd.LOST), (StockEnd.TRANSIT, StockEnd.LOST)}),
    # To the supplier, or what a facility refused or gave back.
    StockEventKind.RETURN: frozenset(
        {
            (StockEnd.WAREHOUSE, StockEnd.RETURNED),
            (StockEnd.TRANSIT, StockEnd.WAREHOUSE),
            (StockEnd.FACILITY, StockEnd.WAREHOUSE),
        }
    ),
}
"""From which end to which each kind may move a lot; a REVERSAL goes the opposite way of what it undoes."""

ENDS_OF_A_FACILITY = frozenset({StockEnd.TRANSIT, StockEnd.FACILITY})
KINDS_WITH_A_REASON = frozenset({StockEventKind.ADJUSTMENT, StockEventKind.LOSS, StockEventKind.RETURN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Units of a lot going from one end to another on a day; ids are those of the tables."""

    kind: StockEventKind
    lot_id: int
    quantity: int
    from_end: StockEnd
    to_end: StockEnd
    occurred_on: date
    from_warehouse_id: int | None = None
    to_warehouse_id: int | None = None
    facility_id: int | None = None
    """Whom it is bound for, where an end is TRANSIT or FACILITY."""
    reason: str = ""
    reference_kind: str = ""
    reference_key: str = ""
    """The document that caused it."""
    draws_on: tuple[str, str] | None = None
    """Reference kind and key of the reservation that the units are taken from; otherwise only free units are."""
    reverses_event_id: int | None = None


def _end_faults(movement: Movement, where: str) -> list[Fault]:
    ends = (movement.from_end, movement.to_end)
    if movement.kind is not StockEventKind.REVERSAL and ends not in ALLOWED_ENDS[movement.kind]:
        message = "A {kind} cannot go from {from_end} to {to_end}."
        params = {"kind": movement.kind.value, "from_end": ends[0].value, "to_end": ends[1].value}
        return [Fault("movement_not_allowed", message, f"{where}kind", params)]
    faults = []
    for side, end, warehouse_id in (
        ("from_warehouse", movement.from_end, movement.from_warehouse_id),
        ("to_warehouse", movement.to_end, movement.to_warehouse_id),
    ):
        if (end is StockEnd.WAREHOUSE) != (warehouse_id is not None):
            message = "A warehouse is named where, and only where, an end is one."
            faults.append(Fault("warehouse_not_fitting", message, f"{where}{side}"))
    if movement.from_warehouse_id is not None and movement.from_warehouse_id == movement.to_warehouse_id:
        faults.append(Fault("same_warehouse", "The two warehouses must differ.", f"{where}to_warehouse"))
    if bool(ENDS_OF_A_FACILITY.intersection(ends)) != (movement.facility_id is not None):
        message = "A facility is named where, and only where, something is on its way to it or delivered."
        faults.append(Fault("facility_not_fitting", message, f"{where}facility"))
    return faults


def movement_faults(movement: Movement, *, today: date, where: str = "") -> list[Fault]:
    """Everything that is wrong with a movement by itself, before anybody looks at the stock.

    `where` is put before the field names, for instance `movements.3.`.
    """
    faults = _end_faults(movement, where)
    if not 1 <= movement.quantity <= QUANTITY_MAX:
        message = "The quantity must be between 1 and {quantity_max}."
        faults.append(Fault("quantity_out_of_range", message, f"{where}quantity", {"quantity_max": QUANTITY_MAX}))
    if movement.occurred_on > today:
        message = "The day {day} has not come yet."
        params = {"day": movement.occurred_on.isoformat()}
        faults.append(Fault("day_in_the_future", message, f"{where}occurred_on", params))
    if movement.kind in KINDS_WITH_A_REASON and not movement.reason.strip():
        faults.append(Fault("reason_missing", "A reason is needed.", f"{where}reason"))
    return faults


@dataclass(frozen=True, slots=True, order=True)
class PoolKey:
    """Where units of a lot are: a warehouse, the way to a facility, or a facility."""

    lot_id: int
    end: StockEnd
    place_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """What is at one place of one lot now.

    `later` holds the changes by day after the days that matter: they are already in `on_hand`, but what
    leaves on an earlier day must not take what only came afterwards.
    """

    on_hand: int = 0
    reserved: int = 0
    last_seq: int = 0
    later: Mapping[date, int] = field(default_factory=dict)

    def free_units(self, day: date) -> int:
        """What may leave on a day: min over that day and all later ones of the balance, never what is reserved."""
        balance = lowest = self.on_hand
        for changed_on in sorted(self.later, reverse=True):
            if changed_on <= day:
                break
            balance -= self.later[changed_on]
            lowest = min(lowest, balance)
        return max(0, min(lowest, self.on_hand - self.reserved))

    def changed(self, change: int, day: date) -> "Pool":
        """The pool after units came (or left, below 0) on a day."""
        later = {**self.later, day: self.later.get(day, 0) + change}
        return replace(self, on_hand=self.on_hand + change, last_seq=self.last_seq + 1, later=later)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLine:
    """A line to be written on a stock card: `position` says which of the movements it belongs to."""

    position: int
    pool: PoolKey
    seq: int
    change: int
    balance_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Short:
    """Movement `position` wanted more from a pool than was free."""

    position: int
    pool: PoolKey
    wanted_units: int
    available_units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What a list of movements does: the pools afterwards and the card lines; or what is short, then nothing counts."""

    pools: Mapping[PoolKey, Pool]
    lines: tuple[CardLine, ...]
    shorts: tuple[Short, ...]


def pool_of(movement: Movement, end: StockEnd, warehouse_id: int | None) -> PoolKey | None:
    """The pool at one end of a movement; None for the ends that are not counted (outside, lost, returned)."""
    place_id = warehouse_id if end is StockEnd.WAREHOUSE else movement.facility_id
    if place_id is None or (end is not StockEnd.WAREHOUSE and end not in ENDS_OF_A_FACILITY):
        return None
    return PoolKey(movement.lot_id, end, place_id)


def pools_of(movement: Movement) -> tuple[PoolKey | None, PoolKey | None]:
    """The pools that a movement takes from and adds to."""
    return (
        pool_of(movement, movement.from_end, movement.from_warehouse_id),
        pool_of(movement, movement.to_end, movement.to_warehouse_id),
    )


def settle(
    movements: Sequence[Movement], pools: Mapping[PoolKey, Pool], drawn_units: Mapping[int, int] | None = None
) -> Settlement:
    """Apply movements one after the other to a state in memory.

    `drawn_units` gives, by position, how much of a movement is covered by a reservation that it draws on; such a
    movement may take exactly what is reserved for it and no more. All shortages are collected.
    """
    state = dict(pools)
    lines: list[CardLine] = []
    shorts: list[Short] = []
    for position, movement in enumerate(movements):
        source, target = pools_of(movement)
        if source is not None:
            pool, available = _ready_to_leave(state.get(source, Pool()), movement, (drawn_units or {}).get(position))
            if available < movement.quantity:
                shorts.append(
                    Short(position=position, pool=source, wanted_units=movement.quantity, available_units=available)
                )
                continue
            state[source] = pool
        for key, change in ((source, -movement.quantity), (target, movement.quantity)):
            if key is None:
                continue
            after = state[key] = state.get(key, Pool()).changed(change, movement.occurred_on)
            if key.end is StockEnd.WAREHOUSE:
                lines.append(
                    CardLine(
                        position=position, pool=key, seq=after.last_seq, change=change, balance_after=after.on_hand
                    )
                )
    return Settlement(pools=state, lines=tuple(lines), shorts=tuple(shorts))


def _ready_to_leave(pool: Pool, movement: Movement, drawn_units: int | None) -> tuple[Pool, int]:
    """The pool with the reservation drawn on set free, and what the movement may take."""
    if movement.draws_on is None:
        return pool, pool.free_units(movement.occurred_on)
    drawn = min(drawn_units or 0, movement.quantity)
    freed = replace(pool, reserved=pool.reserved - drawn)
    return freed, min(drawn, freed.free_units(movement.occurred_on))


def draw(open_units: Iterable[tuple[int, int]], wanted_units: int) -> list[tuple[int, int]]:
    """From which reservations (id, quantity), first come first drawn, how many units are taken for a movement."""
    taken = []
    for reservation_id, quantity in open_units:
        units = min(quantity, wanted_units)
        if units > 0:
            taken.append((reservation_id, units))
            wanted_units -= units
    return taken


def reserve_on_paper(
    wanted: Sequence[tuple[PoolKey, int]], pools: Mapping[PoolKey, Pool]
) -> tuple[dict[PoolKey, int], tuple[Short, ...]]:
    """Units to promise per pool, in the order of the pools, and the pools that have fewer available than are wanted."""
    promised: dict[PoolKey, int] = {}
    first_position: dict[PoolKey, int] = {}
    for position, (key, units) in enumerate(wanted):
        promised[key] = promised.get(key, 0) + units
        first_position.setdefault(key, position)
    shorts = []
    for key in sorted(promised):
        pool = pools.get(key, Pool())
        available = pool.on_hand - pool.reserved
        if available < promised[key]:
            shorts.append(
                Short(position=first_position[key], pool=key, wanted_units=promised[key], available_units=available)
            )
    return {key: promised[key] for key in sorted(promised)}, tuple(shorts)
