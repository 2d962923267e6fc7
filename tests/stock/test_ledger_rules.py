"""The ledger on paper: which ends are allowed, how much may leave, what a list of movements leaves behind."""

import itertools
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.stock.ledger import (
    ALLOWED_ENDS,
    Movement,
    Pool,
    PoolKey,
    draw,
    movement_faults,
    pools_of,
    reserve_on_paper,
    settle,
)
from app.stock.types import StockEnd, StockEventKind

DAY = date(2020, 1, 31)
EAST, WEST, HOSPITAL = 1, 2, 9
LOSS = Movement(
    kind=StockEventKind.LOSS,
    lot_id=5,
    quantity=3,
    from_end=StockEnd.WAREHOUSE,
    from_warehouse_id=EAST,
    to_end=StockEnd.LOST,
    occurred_on=DAY,
    reason="wet",
)


def movement(kind: StockEventKind, from_end: StockEnd, to_end: StockEnd, units: int = 1) -> Movement:
    """A movement whose places fit its ends."""
    to_warehouse_id = WEST if from_end is StockEnd.WAREHOUSE else EAST
    return Movement(
        kind=kind,
        lot_id=5,
        quantity=units,
        from_end=from_end,
        to_end=to_end,
        occurred_on=DAY,
        reason="because",
        from_warehouse_id=EAST if from_end is StockEnd.WAREHOUSE else None,
        to_warehouse_id=to_warehouse_id if to_end is StockEnd.WAREHOUSE else None,
        facility_id=HOSPITAL if {from_end, to_end} & {StockEnd.TRANSIT, StockEnd.FACILITY} else None,
    )


def test_each_kind_goes_only_where_it_may() -> None:
    allowed = {
        (kind, from_end, to_end)
        for kind, from_end, to_end in itertools.product(StockEventKind, StockEnd, StockEnd)
        if kind is not StockEventKind.REVERSAL and not movement_faults(movement(kind, from_end, to_end), today=DAY)
    }
    assert {(kind.value, from_end.value, to_end.value) for kind, from_end, to_end in allowed} == {
        ("RECEIPT", "OUTSIDE", "WAREHOUSE"),
        ("SHIPMENT", "WAREHOUSE", "TRANSIT"),
        ("DELIVERY", "TRANSIT", "FACILITY"),
        ("TRANSFER", "WAREHOUSE", "WAREHOUSE"),
        ("ADJUSTMENT", "OUTSIDE", "WAREHOUSE"),
        ("ADJUSTMENT", "WAREHOUSE", "LOST"),
        ("LOSS", "WAREHOUSE", "LOST"),
        ("LOSS", "TRANSIT", "LOST"),
        ("RETURN", "WAREHOUSE", "RETURNED"),
        ("RETURN", "TRANSIT", "WAREHOUSE"),
        ("RETURN", "FACILITY", "WAREHOUSE"),
    }


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"from_warehouse_id": None}, [("m.from_warehouse", "warehouse_not_fitting")]),
        ({"to_warehouse_id": WEST}, [("m.to_warehouse", "warehouse_not_fitting")]),
        ({"facility_id": HOSPITAL}, [("m.facility", "facility_not_fitting")]),
        ({"quantity": 0}, [("m.quantity", "quantity_out_of_range")]),
        ({"quantity": 10**12 + 1}, [("m.quantity", "quantity_out_of_range")]),
        ({"occurred_on": DAY + timedelta(days=1)}, [("m.occurred_on", "day_in_the_future")]),
        ({"reason": " "}, [("m.reason", "reason_missing")]),
        ({"to_end": StockEnd.OUTSIDE}, [("m.kind", "movement_not_allowed")]),
        ({"reason": "", "quantity": -1}, [("m.quantity", "quantity_out_of_range"), ("m.reason", "reason_missing")]),
        ({}, []),
    ],
)
def test_what_is_wrong_with_a_movement_by_itself(change: dict[str, object], expected: list[tuple[str, str]]) -> None:
    faults = movement_faults(replace(LOSS, **change), today=DAY, where="m.")  # type: ignore[arg-type]
    assert [(fault.where, fault.code) for fault in faults] == expected


def test_a_transfer_needs_two_warehouses_and_a_shipment_a_facility() -> None:
    kept = replace(LOSS, kind=StockEventKind.TRANSFER, to_end=StockEnd.WAREHOUSE, to_warehouse_id=EAST)
    assert [fault.code for fault in movement_faults(kept, today=DAY)] == ["same_warehouse"]
    nowhere = replace(LOSS, kind=StockEventKind.SHIPMENT, to_end=StockEnd.TRANSIT)
    assert [fault.code for fault in movement_faults(nowhere, today=DAY)] == ["facility_not_fitting"]


@pytest.mark.parametrize(
    ("pool", "free"),
    [
        (Pool(on_hand=10), 10),
        (Pool(on_hand=10, reserved=4), 6),
        (Pool(on_hand=10, later={DAY + timedelta(days=1): 7}), 3),  # 7 of the 10 only came afterwards
        (Pool(on_hand=10, later={DAY: 7}), 10),  # on the day itself they are there
        (Pool(on_hand=3, later={DAY + timedelta(days=1): -9}), 3),  # of 12 then, 9 left later
        (Pool(on_hand=10, later={DAY + timedelta(days=1): -5, DAY + timedelta(days=2): 8}), 2),
        (Pool(), 0),
    ],
)
def test_what_may_leave_on_a_day(pool: Pool, free: int) -> None:
    assert pool.free_units(DAY) == free


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-9, 9)), max_size=8), st.integers(0, 5), st.integers(0, 20))
def test_what_may_leave_is_the_lowest_balance_from_that_day_on(
    changes: list[tuple[int, int]], day: int, opening: int
) -> None:
    by_day: dict[date, int] = {}
    for offset, change in changes:
        moment = DAY + timedelta(days=offset)
        by_day[moment] = by_day.get(moment, 0) + change
    pool = Pool(on_hand=opening + sum(by_day.values()), later=by_day)
    balances = [
        opening + sum(change for moment, change in by_day.items() if moment <= DAY + timedelta(days=offset))
        for offset in range(day, 6)
    ]
    assert pool.free_units(DAY + timedelta(days=day)) == max(0, min(balances))


def test_movements_follow_each_other_on_the_cards() -> None:
    east, west = (PoolKey(5, StockEnd.WAREHOUSE, place) for place in (EAST, WEST))
    settlement = settle(
        [
            movement(StockEventKind.RECEIPT, StockEnd.OUTSIDE, StockEnd.WAREHOUSE, 10),
            movement(StockEventKind.TRANSFER, StockEnd.WAREHOUSE, StockEnd.WAREHOUSE, 4),
        ],
        {east: Pool(on_hand=1, last_seq=7)},
    )
    assert [(line.position, line.pool, line.seq, line.change, line.balance_after) for line in settlement.lines] == [
        (0, east, 8, 10, 11),
        (1, east, 9, -4, 7),
        (1, west, 1, 4, 4),
    ]
    assert settlement.shorts == ()


def test_every_shortage_is_found() -> None:
    way = PoolKey(5, StockEnd.TRANSIT, HOSPITAL)
    settlement = settle(
        [
            replace(LOSS, quantity=3),
            movement(StockEventKind.DELIVERY, StockEnd.TRANSIT, StockEnd.FACILITY, 2),
            replace(LOSS, quantity=2),
        ],
        {PoolKey(5, StockEnd.WAREHOUSE, EAST): Pool(on_hand=4), way: Pool(on_hand=1)},
    )
    assert [(short.position, short.wanted_units, short.available_units) for short in settlement.shorts] == [
        (1, 2, 1),
        (2, 2, 1),
    ]


def test_a_drawing_movement_takes_what_is_reserved_for_it_and_no_more() -> None:
    key = PoolKey(5, StockEnd.WAREHOUSE, EAST)
    pools = {key: Pool(on_hand=10, reserved=6)}
    drawing = replace(LOSS, draws_on=("plan", "P"), quantity=5)
    after = settle([drawing], pools, {0: 5})
    assert (after.pools[key].on_hand, after.pools[key].reserved) == (5, 1)
    assert [short.available_units for short in settle([drawing], pools, {0: 4}).shorts] == [4]
    assert [short.available_units for short in settle([drawing], pools).shorts] == [0]


MOVES = [movement(kind, from_end, to_end) for kind in ALLOWED_ENDS for from_end, to_end in sorted(ALLOWED_ENDS[kind])]


@given(st.lists(st.tuples(st.sampled_from(MOVES), st.integers(1, 9)), max_size=30))
def test_no_pool_falls_below_zero_and_units_are_conserved(chosen: list[tuple[Movement, int]]) -> None:
    movements = [replace(one, quantity=units) for one, units in chosen]
    settlement = settle(movements, {})
    short = {one.position for one in settlement.shorts}
    done = [one for position, one in enumerate(movements) if position not in short]
    came = sum(one.quantity for one in done if pools_of(one)[0] is None)
    gone = sum(one.quantity for one in done if pools_of(one)[1] is None)
    assert all(pool.on_hand >= 0 for pool in settlement.pools.values())
    assert sum(pool.on_hand for pool in settlement.pools.values()) == came - gone
    cards: dict[PoolKey, list[tuple[int, int, int]]] = {}
    for line in settlement.lines:
        cards.setdefault(line.pool, []).append((line.seq, line.change, line.balance_after))
    for key, lines in cards.items():
        assert [seq for seq, _, _ in lines] == list(range(1, len(lines) + 1))
        assert [after for _, _, after in lines] == list(itertools.accumulate(change for _, change, _ in lines))
        assert settlement.pools[key].on_hand == lines[-1][2]


def test_reservations_are_drawn_first_come_first() -> None:
    assert draw([(1, 3), (2, 4), (3, 5)], 5) == [(1, 3), (2, 2)]
    assert draw([(1, 3)], 5) == [(1, 3)]
    assert draw([], 5) == []


def test_lines_of_one_pool_are_promised_together() -> None:
    east, west = (PoolKey(5, StockEnd.WAREHOUSE, place) for place in (EAST, WEST))
    pools = {east: Pool(on_hand=10, reserved=3)}
    assert reserve_on_paper([(east, 3), (east, 4)], pools) == ({east: 7}, ())
    promised, shorts = reserve_on_paper([(west, 1), (east, 4), (east, 4)], pools)
    assert [(one.position, one.pool, one.wanted_units, one.available_units) for one in shorts] == [
        (1, east, 8, 7),
        (0, west, 1, 0),
    ]
    assert promised == {east: 8, west: 1}
