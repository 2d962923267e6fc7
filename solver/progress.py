"""Where the work is: told band by band while components are settled, and at the later stages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from solver.bands import Progress
from solver.components import Component
from solver.tables import Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How far a solve is.

    ``stage`` is ``bands``, ``packs``, ``gains`` or ``check``; ``done`` the part of all demands that is settled, a
    demand of a component at work counting in part. In stage ``bands`` also: which group of items and which of its
    components, in which ``band``, how many of the ``served`` demands are ``settled``, and the ``levels`` so far.
    """

    stage: str
    done: float
    group: int = 0
    groups: int = 0
    component: int = 0
    components: int = 0
    band: str = ""
    settled: int = 0
    served: int = 0
    levels: tuple[float, ...] = ()


class Meter:
    """Turns what components report into steps, and counts what is done."""

    def __init__(self, tables: Tables, groups: int, tell: Callable[[Step], None] | None) -> None:
        self._names = [band.name for band in tables.problem.bands]
        self._demands = max(1, len(tables.problem.demands))
        self._groups = groups
        self._tell = tell
        self._finished = 0

    @property
    def told(self) -> bool:
        """Whether anyone listens."""
        return self._tell is not None

    def stage(self, name: str) -> None:
        """A stage after the bands begins."""
        if self._tell is not None:
            self._tell(Step(stage=name, done=1.0))

    def finish(self, component: Component) -> None:
        """A component is settled in all bands."""
        self._finished += len(component.demands)

    def report(self, group: int, at: int, components: int, component: Component, progress: Progress) -> None:
        """Component ``at`` of a group is that far in a band."""
        if self._tell is None:
            return
        part = (progress.band + progress.settled / max(1, progress.served)) / len(self._names)
        self._tell(
            Step(
                stage="bands",
                done=min(1.0, (self._finished + part * len(component.demands)) / self._demands),
                group=group,
                groups=self._groups,
                component=at,
                components=components,
                band=self._names[progress.band],
                settled=progress.settled,
                served=progress.served,
                levels=progress.levels,
            )
        )
