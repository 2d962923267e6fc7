"""The process in which one way is measured: ``python -m benchmarks.child SPEC`` prints the measurement as JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.generate import make_problem
from benchmarks.measure import PROGRESS, RESULT, cpu_seconds, measured
from benchmarks.sizes import SIZES, Case
from benchmarks.ways import WAYS


def main() -> None:
    """Makes the problem, prepares the way, and measures only its work."""
    spec = json.loads(sys.argv[1])
    case = Case(size=SIZES[spec["size"]], kind=spec["kind"], seed=spec["seed"])
    problem = make_problem(case, Path(spec["data"]) if spec["data"] else None)
    work = WAYS[spec["way"]](problem, _tell)
    print(RESULT, json.dumps(asdict(measured(spec["way"], work))), flush=True)


def _tell(progress: str) -> None:
    print(PROGRESS, f"{cpu_seconds():.3f}", progress, flush=True)


if __name__ == "__main__":
    main()
