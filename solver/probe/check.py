"""Proves a plan, probing by linear programs what its certificates do not prove.

A plan that carries its whole proof is checked without any numerical package: the programs are loaded when wanted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from ..model.certificate import RelaxedShipment
from ..model.plan import Plan
from ..model.problem import Problem
from ..parameters import DEFAULT, Parameters
from ..verify.chain import Held
from ..verify.check import check_plan
from ..verify.facts import Facts, Finding
from ..verify.paths import Paths
from ..verify.pools import Pools

if TYPE_CHECKING:
    from collections.abc import Callable

    from .probe_lp import ProbeLP

__all__ = ["LazyProbe", "check"]


def check(problem: Problem, plan: Plan, parameters: Parameters = DEFAULT) -> tuple[Finding, ...]:
    """Everything that is wrong with a plan for the problem; empty when the plan is proved.

    Raises nothing for a wrong plan.
    """
    return check_plan(problem, plan, parameters.proof, probe=LazyProbe)


class LazyProbe:
    """Probes by linear programs, which are loaded and built when they are first wanted."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    @cached_property
    def _program(self) -> ProbeLP:
        from .probe_lp import ProbeLP

        return ProbeLP(self._facts)

    def attaining(self, paths: Paths) -> Sequence[RelaxedShipment] | None:
        """Shipments that attain the last shares as far as possible; None when the program did not end well."""
        return self._program.attaining(self._facts, paths)

    def findings(
        self, pools: Pools, paths: Paths, held: Held, band: int, doubtful: Sequence[str], stop: Callable[[], None]
    ) -> Iterator[Finding]:
        """The doubtful demands of a band that are not proved."""
        from .probe_lp import Prober

        prober = Prober(pools=pools, paths=paths, held=held, program=self._program, stop=stop)
        return prober.findings(band, doubtful)
