"""Which ways are measured for a case, in which order, and how often."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import Measured, run_apart
from benchmarks.sizes import Case

WHOLE = ("highs", "highs-ipm", "pulp", "tongchou", "tongchou-gains", "tongchou-2", "read")
PARTS = (
    "highs-apart",
    "shares",
    "build-raw",
    "build-columnar",
    "build-lpsum",
    "resolve-direct",
    "resolve-pulp",
    "packs",
    "packs-milp",
    "packs-milp-share",
)
COUPLED_ONLY = frozenset({"highs-ipm", "resolve-direct", "resolve-pulp"})
NATION_DEMANDS_MIN = 100_000
NOT_FOR_NATIONS = frozenset(
    {"pulp", "build-lpsum", "resolve-direct", "resolve-pulp", "packs", "packs-milp", "packs-milp-share"}
)
"""These need hours there, or as much memory as there is."""

REPEATED_UP_TO_SECONDS = 30.0
"""A way that takes longer is measured once: noise is small beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """All measurements of one case, by way."""

    case: Case
    measured: dict[str, Measured]

    def get(self, way: str) -> Measured | None:
        """The measurement, if the way was tried and had an answer."""
        found = self.measured.get(way)
        return None if found is None or found.failed else found


def ways_for(case: Case) -> tuple[str, ...]:
    """The ways that make sense for a case."""
    ways = [way for way in (*WHOLE, *PARTS) if case.kind == "coupled" or way not in COUPLED_ONLY]
    if case.size.demands >= NATION_DEMANDS_MIN:
        ways = [way for way in ways if way not in NOT_FOR_NATIONS]
    return tuple(ways)


def run_case(
    case: Case,
    ways: Sequence[str],
    data: Path | None,
    cap_seconds: float,
    pulp_cap_seconds: float,
    repeats: int,
    tell: Callable[[str], None],
) -> Result:
    """Measures each way ``repeats`` times, one after the other in turn, and keeps its cheapest run by CPU."""
    best: dict[str, Measured] = {}
    for turn in range(repeats):
        for way in ways:
            known = best.get(way)
            if known is not None and (known.failed or known.wall_seconds > REPEATED_UP_TO_SECONDS):
                continue
            spec: dict[str, Any] = {
                "way": way,
                "size": case.size.name,
                "kind": case.kind,
                "seed": case.seed,
                "data": str(data) if data else None,
            }
            found = run_apart(spec, pulp_cap_seconds if way == "pulp" else cap_seconds)
            tell(f"{case.name}: {way} ({turn + 1}): {found.failed or f'{found.cpu_seconds:.3f} s CPU'}")
            if known is None or (not found.failed and found.cpu_seconds < known.cpu_seconds):
                best[way] = found
    return Result(case=case, measured=best)
