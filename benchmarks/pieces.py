"""Where the time of a whole plan goes: a stopwatch on the solver's own steps, and a count of its programs and flows."""

from __future__ import annotations

import importlib
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

STEPS = {
    "solver.engine.solve": {"quote_gains": "gains", "division_findings": "check", "merged_findings": "check"},
    "solver.arrays.decompose": {"Decomposition.cut": "subproblems"},
    "solver.engine.planner": {
        "roads_of": "network",
        "tables_of": "network",
        "prices_of_fairness": "price",
        "assemble_columns": "assemble",
        "plan_of": "rows",
        "check_subproblem": "check",
    },
    "solver.engine.merge": {"plan_of": "rows", "Merger.plan": "join"},
    "solver.engine.run": {
        "groups_of": "network",
        "network_of": "network",
        "components_of": "network",
        "answer_component": "settle",
        "round_to_packs": "packs",
        "shortfalls": "explain",
    },
    "solver.engine.component": {"least_cost": "cost", "least_cost_flow": "cost"},
    "solver.lp.backends": {"Backend.answer": "program"},
    "ortools.graph.python.max_flow": {"SimpleMaxFlow.solve": "flow"},
    "ortools.graph.python.min_cost_flow": {"SimpleMinCostFlow.solve": "flow"},
}
"""Module, what is called there, and the piece that it belongs to. ``program`` and ``flow`` are only counted."""

COUNTED = ("program", "flow")


class Stopwatch:
    """CPU seconds of this process by piece; a step inside another counts for itself alone."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.counts: Counter[str] = Counter()
        self._open: list[str] = []
        self._since = 0.0

    @contextmanager
    def step(self, piece: str) -> Iterator[None]:
        """Times what happens inside."""
        self._switch()
        self._open.append(piece)
        try:
            yield
        finally:
            self._switch()
            self._open.pop()

    def _switch(self) -> None:
        now = time.process_time()
        if self._open:
            self.seconds[self._open[-1]] += now - self._since
        self._since = now

    def timed(self, piece: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, watched."""

        def watched(*positional: Any, **named: Any) -> Any:
            self.counts[piece] += 1
            if piece in COUNTED:
                return function(*positional, **named)
            with self.step(piece):
                return function(*positional, **named)

        return watched


@contextmanager
def watching() -> Iterator[Stopwatch]:
    """Puts the stopwatch on the steps. What a later version of the solver calls otherwise is left unwatched: its
    time then counts for the step around it, and none is lost."""
    watch = Stopwatch()
    undo: list[tuple[Any, str, Any]] = []
    for module_name, steps in STEPS.items():
        module = importlib.import_module(module_name)
        for path, piece in steps.items():
            owner, name = module, path
            if "." in path:
                holder, name = path.split(".")
                owner = getattr(module, holder)
            function = getattr(owner, name, None)
            if function is None:
                continue
            undo.append((owner, name, function))
            setattr(owner, name, watch.timed(piece, function))
    try:
        yield watch
    finally:
        for owner, name, function in undo:
            setattr(owner, name, function)
