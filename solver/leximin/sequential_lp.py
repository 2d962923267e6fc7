"""Max-min fair (leximin) bands of a component by a sequence of linear programs.

In each band, raise the level of all open demands together until it is held; those that hold it are settled
there, the rest go on (Ogryczak's scheme). Which demands hold it, and at which level exactly, is read from the duals of
the program (``solver.leximin.duals``): sound for any optimal duals, degenerate or not, since those of the open demands
sum to 1. What is settled stays as an inequality with a slack near the solver's tolerance; the last answer stays
feasible, so the live model goes on from it by primal simplex.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..arrays.limit_system import Floats, Integers
from ..lp.backends import Backend
from ..lp.formulation import AllocationLP
from ..model.errors import SolverFailedError
from .duals import ClosedArcs, refined_duals, without_noise
from .settlement import Event, Settlement


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a band of a component is: demands settled of those it serves, and the levels so far, ascending."""

    band: int
    settled: int
    served: int
    levels: tuple[float, ...]


def settle_bands_by_lps(
    program: AllocationLP, backend: Backend, report: Callable[[Progress], None] | None = None
) -> Settlement:
    """The shares after each band and the events that prove them.

    Raises SolverFailedError, SolverTimeLimitError, CancelledError.
    """
    sequence = BandSequence(program, backend, report)
    shares = np.zeros_like(program.system.caps)
    for band in range(len(program.system.caps)):
        sequence.settle_band(band)
        shares[band] = sequence.held
    idle = sequence.proof.closed.copy()
    # Between needs of very different sizes a level may be found late, by as much as the solver's tolerance.
    events = sorted(sequence.events, key=lambda event: (event.band, event.level))
    return Settlement(shares=shares, events=tuple(events), idle=idle)


class BandSequence:
    """Settles the bands of one component by programs, each a warm start from the last."""

    def __init__(self, program: AllocationLP, backend: Backend, report: Callable[[Progress], None] | None) -> None:
        self.program = program
        self.backend = backend
        self.report = report
        self.parameters = backend.parameters.leximin
        self.proof = ClosedArcs(program.system, backend.parameters)
        self.held = np.zeros(len(program.system.demand_quantity))
        self.events: list[Event] = []
        self.reachable = np.bincount(program.system.arc_demand, minlength=len(self.held)) > 0

    def settle_band(self, band: int) -> None:
        """Settles one band and raises ``held`` to what it gives; a round settles at least one open demand."""
        caps = self.program.system.caps[band]
        # A share that is at its cap already has the outcome 1; without an arc it stays 0: neither can change.
        open_ = np.flatnonzero((caps > 0.0) & self.reachable & (self.held < caps))
        served = len(open_)
        if not served:
            return
        self.program.open_band(band, open_)
        levels: list[float] = []
        while len(open_):
            self._answer()
            level = float(self.program.problem.values[self.program.level[band]])
            if level >= 1.0 - self.parameters.level_tied / 2:
                settled, level = open_, 1.0
            else:
                settled, level = self._event(band, level, open_)
            self.held[settled] = np.maximum(self.held[settled], level * caps[settled])
            floors = np.maximum(0.0, self.held[settled] - self.backend.slack)
            self.program.settle(band, settled, floors)
            open_ = np.setdiff1d(open_, settled, assume_unique=True)
            levels.append(level)
            if self.report is not None:
                self.report(Progress(band=band, settled=served - len(open_), served=served, levels=tuple(levels)))
        self.program.close_band(band)

    def _answer(self) -> None:
        """Solves the program; loosens the floors where rounding makes them contradict each other."""
        for loosening in (1.0, *self.parameters.loosenings):
            try:
                self.backend.answer(self.program.problem)
            except SolverFailedError:
                if loosening == self.parameters.loosenings[-1]:
                    raise
            else:
                return
            at = np.flatnonzero(self.held > 0.0)
            self.backend.slack *= 10.0
            self.program.hold(at, np.maximum(0.0, self.held[at] - self.backend.slack), np.ones(len(at)))

    def _event(self, band: int, level: float, open_: Integers) -> tuple[Integers, float]:
        """The demands that this round settles, and their level; records the event that proves it."""
        program, system, proof = self.program, self.program.system, self.proof
        duals = without_noise(system, program.limit_duals(), self.parameters)
        duals = refined_duals(system, duals, proof.pulls(duals), program.shipped(), self.parameters)
        pull = proof.pulls(duals) * system.demand_quantity
        worth = float(duals @ system.limit_bound)
        settled, level = self._at_exact_level(band, level, self._held_at(band, level, open_, pull, worth), pull, worth)
        complete = proof.complete(duals)
        limits = np.flatnonzero(complete)
        self.events.append(Event(band=band, level=level, demands=settled, limits=limits, duals=complete[limits]))
        program.close(proof.close(duals))
        return settled, level

    def _held_at(self, band: int, level: float, open_: Integers, pull: Floats, worth: float) -> Integers:
        """The open demands that cannot rise and are at the level.

        One that the floor of an earlier band holds above the level waits for its own turn.
        """
        tied, visible = self.parameters.level_tied, self.parameters.dual_visible
        caps = self.program.system.caps[band][open_]
        own = self.program.fair_duals(band, open_)
        at_level = self.program.shares()[open_] <= caps * level + tied
        settled = open_[((own > tied) | (pull[open_] * caps > visible * worth)) & at_level]
        return settled if len(settled) else open_[[int(np.argmax(own))]]

    def _at_exact_level(
        self, band: int, level: float, settled: Integers, pull: Floats, worth: float
    ) -> tuple[Integers, float]:
        """The level without tolerances in it, and who of those held is at it.

        A floor that lies above the exact level, though within a tolerance of the program's own, holds its demand
        there: it is settled too, but in a round of its own.
        """
        caps = self.program.system.caps[band]
        while True:
            exact = self._exact_level(band, level, settled, pull, worth)
            outcome = self.held[settled] / caps[settled]
            above = outcome > exact
            if not above.any():
                return settled, exact
            if above.all():
                lowest = float(outcome.min())
                return settled[outcome <= lowest], lowest
            settled = settled[~above]

    def _exact_level(self, band: int, level: float, settled: Integers, pull: Floats, worth: float) -> float:
        """The level that the duals prove, or the program's own where rounding puts that a little lower."""
        others = pull * self.held
        others[settled] = 0.0
        weight = float(pull[settled] @ self.program.system.caps[band][settled])
        exact = (worth - float(others.sum())) / weight if weight > 0.0 else level
        if exact > level + self.parameters.level_error_max:
            name = self.program.problem.name
            raise SolverFailedError(f"band {band} of {name}: the level {level:.9g} is not proved, only {exact:.9g}")
        if exact > level + 2.0 * self.backend.slack:
            exact = level
        return min(1.0, max(0.0, exact))
