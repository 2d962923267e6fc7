"""Decisions of dispatch without a database: states, shipments, proofs of delivery, floors."""

from datetime import date

import pytest

from app.dispatch.rules import (
    DONE_STATES,
    TRANSITIONS,
    OrderStateError,
    Pick,
    PlannedShare,
    Shipped,
    Step,
    case_state_after,
    day_faults,
    next_state,
    plans_below_floor,
    proof_faults,
    served_units,
    shipment_faults,
    state_after_delivery,
)
from app.dispatch.schemas import CaseEnd, DeliveredLot, ProofOfDelivery, ShipmentLot
from app.dispatch.types import DeliveryCaseState, TransferOrderState

DAY = date(2020, 1, 31)


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("state", TransferOrderState)
def test_what_is_not_in_the_table_is_refused(state: TransferOrderState, step: Step) -> None:
    after = TRANSITIONS[step].get(state)
    if after is None:
        with pytest.raises(OrderStateError):
            next_state("T", state, step)
    else:
        assert next_state("T", state, step) is after


def test_nothing_happens_to_what_is_done() -> None:
    assert all(DONE_STATES.isdisjoint(ways) for ways in TRANSITIONS.values())


@pytest.mark.parametrize(
    ("day", "not_before", "code"),
    [
        (date(2020, 2, 1), None, "day_in_the_future"),
        (date(2020, 1, 29), date(2020, 1, 30), "before_shipment"),
        (DAY, DAY, None),
        (date(2020, 1, 1), None, None),
    ],
)
def test_days_must_have_come_and_follow_each_other(day: date, not_before: date | None, code: str | None) -> None:
    faults = day_faults(day, today=DAY, not_before=not_before, where="day")
    assert [fault.code for fault in faults] == ([] if code is None else [code])


def test_a_shipment_takes_what_is_reserved_and_nothing_else() -> None:
    picks = [Pick(line=1, lot_id=5, units=100), Pick(line=2, lot_id=5, units=10)]

    def faults(*wanted: tuple[int, int, int]) -> list[tuple[str, str]]:
        lots = [ShipmentLot(line=line, lot_id=lot, quantity=units) for line, lot, units in wanted]
        return [(fault.where, fault.code) for fault in shipment_faults(lots, picks)]

    assert faults((1, 5, 100), (2, 5, 10)) == []
    assert faults((1, 5, 101)) == [("lots.0.quantity", "over_shipment")]
    assert faults((1, 6, 1), (3, 5, 1)) == [
        ("lots.0.lot_id", "lot_not_reserved"),
        ("lots.1.lot_id", "lot_not_reserved"),
    ]
    assert faults((1, 5, 60), (1, 5, 60)) == [("lots.0.lot_id", "named_twice"), ("lots.1.lot_id", "named_twice")]


def proof(*lots: DeliveredLot, full: bool = False) -> ProofOfDelivery:
    return ProofOfDelivery(received_by="x", lots=list(lots), accepted_in_full=full)


SHIPPED = [Shipped(line=1, lot_id=5, lot="A", units=100)]


@pytest.mark.parametrize(
    ("told", "codes"),
    [
        ({"accepted_units": 100}, []),
        ({"accepted_units": 90, "missing_reason": "lost"}, []),
        ({"accepted_units": 90, "rejected_units": 10, "rejection_reason": "wet"}, []),
        ({"accepted_units": 0, "missing_reason": "stolen"}, []),
        ({"accepted_units": 90}, ["reason_missing"]),
        ({"accepted_units": 90, "rejected_units": 10}, ["reason_missing"]),
        ({"accepted_units": 80, "rejected_units": 10}, ["reason_missing", "reason_missing"]),
        ({"accepted_units": 95, "rejected_units": 10, "rejection_reason": "wet"}, ["more_than_shipped"]),
    ],
)
def test_a_proof_accounts_for_every_unit(told: dict[str, object], codes: list[str]) -> None:
    lot = DeliveredLot.model_validate({"line": 1, "lot_id": 5, **told})
    assert [fault.code for fault in proof_faults(proof(lot), SHIPPED)] == codes


def test_a_proof_names_every_lot_once() -> None:
    lot = DeliveredLot(line=1, lot_id=5, accepted_units=100)
    other = DeliveredLot(line=1, lot_id=6, accepted_units=1)
    assert [fault.code for fault in proof_faults(proof(), SHIPPED)] == ["lot_not_mentioned"]
    assert [fault.code for fault in proof_faults(proof(lot, other), SHIPPED)] == ["not_shipped"]
    assert [fault.code for fault in proof_faults(proof(lot, lot), SHIPPED)] == ["named_twice", "named_twice"]
    assert [fault.code for fault in proof_faults(proof(lot, full=True), SHIPPED)] == ["lots_not_fitting"]
    assert proof_faults(proof(full=True), SHIPPED) == []


def test_anything_less_than_all_is_a_discrepancy() -> None:
    assert state_after_delivery(100, 100) is TransferOrderState.DELIVERED
    assert state_after_delivery(100, 99) is TransferOrderState.DELIVERED_WITH_DISCREPANCY


def test_substitutes_count_by_their_ratio_rounded_down_once() -> None:
    assert served_units([(3, 500), (3, 500)]) == 3
    assert served_units([(3, 500)]) == 1
    assert served_units([(10, 1000), (10, 2000)]) == 30


def test_a_case_is_heard_once_both_ends_have_spoken() -> None:
    assert case_state_after({CaseEnd.WAREHOUSE: "x"}) is DeliveryCaseState.OPEN
    assert case_state_after({CaseEnd.WAREHOUSE: "x", CaseEnd.FACILITY: "y"}) is DeliveryCaseState.HEARD


def share(wanted: int, planned: int, floor: int = 500, pack: int = 1) -> PlannedShare:
    return PlannedShare(wanted_units=wanted, planned_units=planned, floor_permille=floor, pack_units=pack)


@pytest.mark.parametrize(
    ("planned", "below"),
    [
        (share(100, 50), False),
        (share(100, 49), True),
        (share(100, 40, pack=20), False),
        (share(100, 39, pack=20), True),
        (share(5, 0, pack=10), False),
        (share(100, 0, floor=0), False),
    ],
)
def test_the_floor_is_counted_in_whole_packs(planned: PlannedShare, below: bool) -> None:
    assert planned.is_below_floor is below


def test_plans_below_the_floor_are_counted_back_from_the_last() -> None:
    low, fine = [share(10, 1)], [share(10, 10)]
    assert plans_below_floor([low, low, fine]) == 0
    assert plans_below_floor([fine, low, low]) == 2
    assert plans_below_floor([low, [*fine, *low]]) == 2
    assert plans_below_floor([]) == 0
