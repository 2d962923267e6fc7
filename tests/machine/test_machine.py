"""A random life of the city, step by step, with the invariants looked at after each: on SQLite and PostgreSQL.

`TONGCHOU_MACHINE_STEPS` is the number of steps over both databases (`make machine`: 20,000); `TONGCHOU_MACHINE_SEED`
another life than the one that the tests always live.
"""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from app.planning.snapshot import facts as snapshot
from tests.machine.directive_rules import DirectiveRules
from tests.machine.disclosure_rules import DisclosureRules
from tests.machine.goods_rules import GoodsRules
from tests.machine.plan_rules import PlanRules
from tests.machine.supply_rules import SupplyRules
from tests.machine.world import Copies

STEPS = int(os.environ.get("TONGCHOU_MACHINE_STEPS", "1000"))
SEED = int(os.environ.get("TONGCHOU_MACHINE_SEED", "0"))
SHRINK = os.environ.get("TONGCHOU_MACHINE_SHRINK") == "1"
"""Makes what fails short before it is told, which takes minutes."""
STEPS_AN_EXAMPLE = 50
DATABASES = 2
NAIVE_EXAMPLES = 20

MUST_HAPPEN = {
    "REQUISITION_PLANNED", "REQUISITION_GIVEN_BACK", "REQUISITION_DELIVERED", "PURCHASE_ORDER_PLACED", "GOODS_RECEIVED",
    "RECEIPT_REVERSED", "COUNT_POSTED", "PLAN_APPROVED", "PLAN_SUPERSEDED", "PLAN_CANCELLED", "PLAN_CLOSED",
    "TRANSFER_ORDER_SHIPPED", "TRANSFER_ORDER_DELIVERED", "TRANSFER_ORDER_DELIVERED_WITH_DISCREPANCY",
    "STOCK_REVERSAL", "DISCLOSURE_PUBLISHED", "DIRECTIVE_ENDED", "REQUISITION_LOWERED",
    "RECALL_OPENED",
}  # fmt: skip
"""Otherwise the machine has run idle, and shows nothing."""

SELDOM_HAPPENS = {"DIRECTIVE_CONFIRMED", "TRIP_SHIPPED", "RECALL_ANSWERED", "PROMISED_GOODS_LOST"}
"""Needs several rare steps in a row, and happens in lives as long as those of `make machine`."""


class Machine(SupplyRules, PlanRules, GoodsRules, DirectiveRules, DisclosureRules):
    """All rules together."""

    done: Counter[str] = Counter()  # noqa: RUF012 - counted over all examples
    refused: Counter[str] = Counter()  # noqa: RUF012


def live(database_url: str, examples: int) -> None:
    """So many lives of the city; raises at the first step that breaks something."""
    Machine.copies = Copies(database_url)
    Machine.done.clear()
    Machine.refused.clear()
    life = settings(
        max_examples=examples,
        stateful_step_count=STEPS_AN_EXAMPLE,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
        phases=[Phase.generate, *([Phase.shrink] if SHRINK else [])],
    )
    try:
        run_state_machine_as_test(seed(SEED)(Machine), settings=life)
    finally:
        Machine.copies.close()


def test_no_step_breaks_an_invariant(database_url: str) -> None:
    examples = max(1, STEPS // (DATABASES * STEPS_AN_EXAMPLE))
    live(database_url, examples)
    print(f"{examples} examples of {STEPS_AN_EXAMPLE} steps: {sum(Machine.done.values())} records")
    print(dict(Machine.done.most_common()), dict(Machine.refused.most_common()), sep="\n")
    if STEPS >= 2000:
        assert MUST_HAPPEN - set(Machine.done) == set()
    if STEPS >= 20_000:
        assert SELDOM_HAPPENS - set(Machine.done) == set()


def test_the_machine_finds_promises_that_are_forgotten(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Naive: plans look at what is approved and delivered, not at what other plans have promised."""
    monkeypatch.setattr(snapshot, "promised_units", lambda _session, _program: {})
    with pytest.raises(AssertionError, match=r"approved, .* owed"):
        live(database_url, NAIVE_EXAMPLES)
