"""Command line: ``python -m benchmarks.many`` solves many small coupled problems, by the fast ways and by the program.

It counts what has no proved plan, and tells how far the shares of the two are apart at most: many small problems meet
what a few large ones never do.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.generate import make_problem
from benchmarks.sizes import Case, Size
from solver import Options, SolverError, solve

VILLAGE = Size(name="village", facilities=9, items=6, periods=5, sites=3, items_asked=3)


@dataclass(slots=True)
class Tally:
    """What was found: problems, failures by seed and way, and the largest difference of a share with its seed."""

    problems: int = 0
    failures: list[str] = field(default_factory=list)
    difference: float = 0.0
    seed: int | None = None


def tally(seeds: range, size: Size = VILLAGE) -> Tally:
    """Solves a coupled problem for each seed by both ways."""
    found = Tally()
    for seed in seeds:
        found.problems += 1
        problem = make_problem(Case(size=size, kind="coupled", seed=seed))
        shares: list[list[float]] = []
        for method in ("auto", "program"):
            try:
                plan = solve(problem, Options(method=method, gains_max=0))
            except SolverError as error:
                found.failures.append(f"seed {seed}, {method}: {type(error).__name__}: {error}")
            else:
                shares.append([share for row in plan.demands for share in row.shares])
        if len(shares) == 2:
            apart = max((abs(one - other) for one, other in zip(*shares, strict=True)), default=0.0)
            if apart > found.difference:
                found.difference, found.seed = apart, seed
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the tally; returns 1 when a problem had no proved plan."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.many")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=1, metavar="SEED")
    options = parser.parse_args(arguments)
    found = tally(range(options.first, options.first + options.count))
    for failure in found.failures:
        print(failure[:300])
    where = f" (seed {found.seed})" if found.seed is not None else ""
    failures = f"{len(found.failures)} failures"
    print(f"{found.problems} coupled problems, {failures}, shares at most {found.difference:.1e} apart{where}")
    return 1 if found.failures else 0


if __name__ == "__main__":
    sys.exit(main())
