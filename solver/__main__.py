"""Command line: ``python -m solver solve PROBLEM.json -o PLAN.json`` and ``check PROBLEM.json PLAN.json``.

Exit codes: 0 solved, or proved; 1 the plan is wrong (a line for each finding), or no plan could be made;
2 the input cannot be read or has faults (a line for each), or the command line is wrong.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from . import FileError, InvalidDocumentError, Options, SolverError, Step, check, read_plan, read_problem, write_plan


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return _solve(options) if options.command == "solve" else _check(options)
    except InvalidDocumentError as error:
        for fault in error.faults:
            print(f"{error.noun}: {fault}", file=sys.stderr)
        return 2
    except FileError as error:
        print(error, file=sys.stderr)
        return 2
    except SolverError as error:
        print(error, file=sys.stderr)
        return 1
    except Exception as error:  # a mistake of ours: told in a line, for whoever reports it
        print(f"internal error: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m {__package__}", description="Fair allocation plans, made and proved."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    solve = commands.add_parser("solve", help="make the plan of a problem")
    solve.add_argument("problem", type=Path, metavar="PROBLEM.json")
    solve.add_argument("-o", "--output", type=Path, required=True, metavar="PLAN.json")
    solve.add_argument("--solver", choices=("auto", "highs", "cbc"), default="auto")
    solve.add_argument("--method", choices=("auto", "program"), default="auto")
    solve.add_argument("--time-limit", type=_seconds, metavar="SECONDS")
    solve.add_argument("--processes", type=_count, default=1, metavar="N")
    solve.add_argument(
        "--partial", action="store_true", help="when time runs out, the plan of the bands settled so far"
    )
    solve.add_argument("--price-of-fairness", action="store_true", help="also tell what floors and equal shares cost")
    solve.add_argument("--progress", action="store_true", help="tell on standard error how far it is")
    check = commands.add_parser("check", help="prove a plan")
    check.add_argument("problem", type=Path, metavar="PROBLEM.json")
    check.add_argument("plan", type=Path, metavar="PLAN.json")
    return parser


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("must be more than 0 seconds")
    return value


def _count(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 1024:
        raise argparse.ArgumentTypeError("must be from 1 to 1024")
    return value


def _solve(options: argparse.Namespace) -> int:
    # Late, so that a wrong command line is answered without loading numpy, SciPy and the solvers.
    from . import solve

    problem = read_problem(options.problem)
    begun = time.monotonic()
    plan = solve(
        problem,
        Options(
            choice=options.solver,
            method=options.method,
            time_limit_seconds=options.time_limit,
            processes=options.processes,
            partial=options.partial,
            price_of_fairness=options.price_of_fairness,
            progress=_tell if options.progress else None,
        ),
    )
    write_plan(options.output, plan)
    short = sum(1 for outcome in plan.demands if outcome.shares and outcome.shares[-1] < 1.0 - 1e-9)
    print(
        f"{options.output}: {len(plan.demands)} demands, {short} of them not in full, {len(plan.shipments)} shipments, "
        f"{len(plan.purchases)} purchases, {plan.cost:.2f} yuan, {time.monotonic() - begun:.2f} s; "
        f"{'proved' if plan.status == 'optimal' else f'proved, of the first {len(plan.bands)} bands only'}"
    )
    return 0


def _tell(step: Step) -> None:
    levels = f", level {step.levels[-1]:.4g}" if step.levels else ""
    print(f"{step.stage} {step.band}: {step.done:.1%}{levels}", file=sys.stderr)


def _check(options: argparse.Namespace) -> int:
    findings = check(read_problem(options.problem), read_plan(options.plan))
    for finding in findings:
        print(finding)
    if not findings:
        print(f"{options.plan}: proved")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
