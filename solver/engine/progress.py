"""Reports of progress: band by band while components are settled, then by stage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..arrays.decompose import Subproblem
from ..leximin.sequential_lp import Progress
from ..model.problem import Problem
from .options import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A component of a subproblem: the first demand of its group and its own number of demands, by which it is known
    and counted; its number among the components of the group."""

    demand: int
    component: int
    components: int
    demands: int


class Reporter(Protocol):
    """Receives the progress of a subproblem. ``told``: whether anyone listens."""

    @property
    def told(self) -> bool: ...

    def report(self, place: Place, progress: Progress) -> None:
        """Reports how far a component is in a band."""

    def finish(self, demands: int) -> None:
        """Counts more demands as settled in all bands."""


class ProgressMeter:
    """Turns what components report into steps, and counts what is done. ``finished`` are the demands settled."""

    def __init__(self, problem: Problem, groups: int, tell: Callable[[Step], None] | None) -> None:
        self._names = [band.name for band in problem.bands]
        self._demands = max(1, len(problem.demands))
        self._groups = groups
        self._tell = tell
        self.finished = 0

    @property
    def told(self) -> bool:
        """Whether anyone listens."""
        return self._tell is not None

    def stage(self, name: str) -> None:
        """Reports that a stage after the bands begins."""
        if self._tell is not None:
            self._tell(Step(stage=name, done=1.0))

    def report(self, group: int, place: Place, progress: Progress) -> None:
        """Reports how far a component of a group is in a band."""
        if self._tell is None:
            return
        part = (progress.band + progress.settled / max(1, progress.served)) / len(self._names)
        self._tell(
            Step(
                stage="bands",
                done=min(1.0, (self.finished + part * place.demands) / self._demands),
                group=group,
                groups=self._groups,
                component=place.component,
                components=place.components,
                band=self._names[progress.band],
                settled=progress.settled,
                served=progress.served,
                levels=progress.levels,
            )
        )


class SubproblemReporter:
    """Passes the progress of a subproblem that this process plans on to the meter."""

    def __init__(self, meter: ProgressMeter, subproblem: Subproblem) -> None:
        self._meter = meter
        self._subproblem = subproblem
        self.told = meter.told

    def report(self, place: Place, progress: Progress) -> None:
        """Reports how far a component is in a band."""
        self._meter.report(int(self._subproblem.groups[place.demand]), place, progress)

    def finish(self, demands: int) -> None:
        """Counts more demands as settled in all bands."""
        self._meter.finished += demands
