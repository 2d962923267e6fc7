"""Decisions about requisitions: transitions, flags, days, reviews, the census fold."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.types import Program
from app.requisitions.census import CensusCell, FacilityTally, Tally, fold_by_tier
from app.requisitions.rules import (
    COUNTED_STATES,
    TRANSITIONS,
    ClaimFacts,
    Flag,
    LineFacts,
    State,
    Step,
    Thresholds,
    day_faults,
    decide_review,
    is_stale,
    line_flags,
    need_days,
    next_state,
    program_faults,
    repeated_line_faults,
    state_after_delivery,
)
from app.requisitions.schemas import Review, ReviewBasis, ReviewLine

TODAY = date(2020, 1, 31)
SOON = date(2020, 2, 3)
LIMITS = Thresholds()


@pytest.mark.parametrize(
    ("step", "allowed"),
    [
        (Step.REVISE, {"DRAFT": "DRAFT"}),
        (Step.SUBMIT, {"DRAFT": "SUBMITTED"}),
        (Step.REVIEW, {"SUBMITTED": "REVIEWED", "REVIEWED": "REVIEWED"}),
        (Step.REJECT, {"SUBMITTED": "REJECTED", "REVIEWED": "REJECTED"}),
        (Step.WITHDRAW, {"DRAFT": "WITHDRAWN", "SUBMITTED": "WITHDRAWN", "REVIEWED": "WITHDRAWN"}),
        (Step.PLAN, {"REVIEWED": "PLANNED", "PLANNED": "PLANNED", "REPLACED": "REPLACED"}),
        (Step.GIVE_BACK, {"PLANNED": "REVIEWED"}),
        (Step.DELIVER, {one: one for one in ("PLANNED", "REVIEWED", "FULFILLED", "REPLACED", "LAPSED")}),
        (Step.LOWER, {one: one for one in ("PLANNED", "REVIEWED", "REPLACED")}),
        (Step.LAPSE, {"REVIEWED": "LAPSED", "PLANNED": "LAPSED"}),
        (Step.REPLACE, dict.fromkeys(("SUBMITTED", "REVIEWED", "PLANNED"), "REPLACED")),
    ],
)
def test_each_step_leads_only_where_it_may(step: Step, allowed: dict[str, str]) -> None:
    assert {state.value: to.value for state in State if (to := next_state(state, step))} == allowed


def test_every_step_is_in_the_table_and_nothing_leaves_a_closed_requisition() -> None:
    assert set(TRANSITIONS) == set(Step)
    for closed in (State.REJECTED, State.WITHDRAWN):
        assert [step for step in Step if next_state(closed, step)] == []
    assert {State.DRAFT, State.REJECTED, State.WITHDRAWN, State.REPLACED} == set(State) - COUNTED_STATES


@pytest.mark.parametrize(
    ("requested", "assessed", "flags"),
    [
        (200, 100, ()),
        (201, 100, (Flag.CLAIM_FAR_ABOVE_NORM,)),
        (1, 0, (Flag.CLAIM_FAR_ABOVE_NORM,)),
        (10**12, None, (Flag.NO_NORM,)),
    ],
)
def test_a_claim_is_flagged_above_twice_its_norm(requested: int, assessed: int | None, flags: tuple[Flag, ...]) -> None:
    assert line_flags(ClaimFacts(requested_units=requested, assessed_units=assessed), LIMITS) == flags


def test_the_multiple_of_the_norm_can_be_set() -> None:
    claim = ClaimFacts(requested_units=201, assessed_units=100)
    assert line_flags(claim, Thresholds(claim_permille=2010)) == ()
    claim = ClaimFacts(requested_units=101, assessed_units=100)
    assert line_flags(claim, Thresholds(claim_permille=1000)) == (Flag.CLAIM_FAR_ABOVE_NORM,)


@pytest.mark.parametrize(
    ("state", "reported_on", "stale"),
    [
        (State.SUBMITTED, date(2020, 1, 28), False),
        (State.SUBMITTED, date(2020, 1, 27), True),
        (State.DRAFT, date(2020, 1, 27), True),
        (State.FULFILLED, date(2020, 1, 1), False),
        (State.WITHDRAWN, date(2020, 1, 1), False),
    ],
)
def test_an_open_report_grows_stale(state: State, reported_on: date, stale: bool) -> None:
    assert is_stale(state, reported_on, TODAY, LIMITS) is stale


def test_a_need_covers_its_first_and_its_last_day() -> None:
    assert need_days(TODAY, TODAY) == 1
    assert need_days(TODAY, SOON) == 4


def test_all_wrong_days_are_told_at_once() -> None:
    faults = day_faults(date(2020, 2, 1), [date(2020, 1, 31), SOON, date(2020, 1, 1)], TODAY)
    assert [(fault.code, fault.where) for fault in faults] == [
        ("day_to_come", "reported_on"),
        ("needed_before_report", "lines.0.needed_by"),
        ("needed_before_report", "lines.2.needed_by"),
    ]


def test_a_repeated_line_names_the_first() -> None:
    faults = repeated_line_faults([("cap", SOON), ("cap", TODAY), ("cap", SOON)])
    assert [(fault.where, fault.params["line"]) for fault in faults] == [("lines.2", 1)]


def test_an_item_of_another_program_is_a_fault_and_an_unknown_one_is_not_this_fault() -> None:
    faults = program_faults(Program.MEDICAL, ["cap", "rice", "x"], [Program.MEDICAL, Program.LIVING, None])
    assert [fault.where for fault in faults] == ["lines.1.item"]


def facts(requested: int = 100, assessed: int | None = 60, delivered: int = 0, item: str = "cap") -> LineFacts:
    return LineFacts(
        item=item, needed_by=SOON, requested_units=requested, assessed_units=assessed, delivered_units=delivered
    )


def line(units: int, reason: str = "", item: str = "cap") -> ReviewLine:
    return ReviewLine(item=item, needed_by=SOON, approved_units=units, reason=reason)


def test_a_review_approves_what_its_lines_say() -> None:
    lines = [facts(), facts(item="gown")]
    approvals, faults = decide_review(lines, Review(lines=[line(100, item="gown"), line(40, "stock is low")]))
    assert faults == []
    assert [(one.approved_units, one.reason) for one in approvals] == [(40, "stock is low"), (100, "")]


def test_a_basis_decides_the_lines_that_are_not_named() -> None:
    lines = [facts(requested=100, assessed=60), facts(requested=50, assessed=60, item="gown")]
    approvals, faults = decide_review(lines, Review(basis=ReviewBasis.ASSESSED, reason="by the norm"))
    assert faults == []
    assert [(one.approved_units, one.reason) for one in approvals] == [(60, "by the norm"), (50, "")]
    approvals, faults = decide_review(lines, Review(basis=ReviewBasis.REQUESTED, lines=[line(0, "has enough")]))
    assert faults == []
    assert [one.approved_units for one in approvals] == [0, 50]


def test_all_faults_of_a_review_are_told_at_once() -> None:
    lines = [facts(), facts(item="gown", delivered=30), facts(item="shield", assessed=None)]
    wrong = Review(
        basis=ReviewBasis.ASSESSED,
        reason="by the norm",
        lines=[line(40), line(20, "less", item="gown"), line(1, item="mask"), line(41, "again")],
    )
    _, faults = decide_review(lines, wrong)
    assert [(fault.code, fault.where) for fault in faults] == [
        ("repeated_line", "lines.3"),
        ("unknown_line", "lines.2"),
        ("below_delivered", "lines.1"),
        ("no_decision", "lines"),
    ]
    _, faults = decide_review(lines[:1], Review(lines=[line(40)]))
    assert [fault.code for fault in faults] == ["reason_missing"]


@given(
    requested=st.integers(1, 10**12),
    assessed=st.none() | st.integers(0, 10**12),
    basis=st.sampled_from([None, *ReviewBasis]),
)
def test_a_basis_never_approves_more_than_was_requested(
    requested: int, assessed: int | None, basis: ReviewBasis
) -> None:
    approvals, faults = decide_review([facts(requested, assessed)], Review(basis=basis, reason="rule"))
    if faults:
        assert basis is None or (basis is ReviewBasis.ASSESSED and assessed is None)
    else:
        assert 0 <= approvals[0].approved_units <= requested
        assert (approvals[0].approved_units == requested) == (approvals[0].reason == "")


def test_a_requisition_is_fulfilled_only_when_every_line_is() -> None:
    assert state_after_delivery(State.PLANNED, [(10, 10), (5, 4)]) is State.PLANNED
    assert state_after_delivery(State.PLANNED, [(10, 12), (5, 5), (0, 0)]) is State.FULFILLED


def test_the_census_adds_up_by_item_zone_and_tier() -> None:
    def tally(facility: str, kind: str, units: int) -> FacilityTally:
        return FacilityTally(1, 7, facility, kind, Tally(line_count=1, requested_units=units))

    cells = fold_by_tier(
        [tally("a", "fever", 10), tally("b", "fever", 20), tally("c", "school", 5), tally("d", "market", 1)],
        {"fever": 1, "school": 3},
        {"b": 2},
    )
    assert {cell: (sums.requested_units, count) for cell, (sums, count) in cells.items()} == {
        CensusCell(1, 7, 1): (10, 1),
        CensusCell(1, 7, 2): (20, 1),
        CensusCell(1, 7, 3): (5, 1),
        CensusCell(1, 7, None): (1, 1),
    }
