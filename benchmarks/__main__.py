"""Command line: ``python -m benchmarks`` measures; tables go to the screen and to ``artifacts/benchmarks/``."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import markdown, write_report
from benchmarks.runs import PARTS, WHOLE, Result, run_case, ways_for
from benchmarks.sizes import SIZES, Case, Kind

DATA_VARIABLE = "TONGCHOU_BENCHMARK_DATA"
KINDS: tuple[Kind, ...] = ("uncoupled", "coupled")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures the cases asked for and returns 0, whatever was found: a benchmark is no test."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    command = shlex.join(["python", "-m", "benchmarks", *_without_paths(given)])
    sizes = options.size or (["district"] if options.quick else ["city"])
    results: list[Result] = []
    for name in sizes:
        for kind in options.case or KINDS:
            case = Case(size=SIZES[name], kind=kind, seed=options.seed)
            ways = [way for way in ways_for(case) if not options.way or way in options.way]
            result = run_case(
                case,
                ways,
                options.data,
                60.0 if options.quick else options.cap,
                60.0 if options.quick else options.pulp_cap,
                options.repeats,
                lambda line: print(line, file=sys.stderr, flush=True),
            )
            results.append(result)
            write_report(options.output, results, command)  # after each case: a long run may be stopped
    print(markdown(results, command))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split("``: ")[-1])
    parser.add_argument(
        "--size", action="append", choices=tuple(SIZES), help="may be given more than once; default city"
    )
    parser.add_argument("--case", action="append", choices=KINDS, help="default both")
    parser.add_argument("--way", action="append", choices=(*WHOLE, *PARTS), help="only these ways")
    parser.add_argument("--quick", action="store_true", help="a district, and a minute for each way at most")
    parser.add_argument("--seed", type=int, default=20200123)
    parser.add_argument("--repeats", type=int, default=3, help="quick ways are run so often; the best counts")
    parser.add_argument("--cap", type=float, default=900.0, metavar="SECONDS", help="each way is ended after that")
    parser.add_argument("--pulp-cap", type=float, default=300.0, metavar="SECONDS", help="the same for plain PuLP")
    parser.add_argument(
        "--data",
        type=_folder,
        default=os.environ.get(DATA_VARIABLE) or None,
        metavar="DIR",
        help=f"folder with lists of real facilities; default ${DATA_VARIABLE}, else all is synthetic",
    )
    parser.add_argument("--output", type=Path, default=Path("artifacts/benchmarks"), metavar="DIR")
    return parser


def _folder(text: str) -> Path:
    folder = Path(text).absolute()
    if not folder.is_dir():
        raise argparse.ArgumentTypeError(f"no such folder: {text}")
    return folder


def _without_paths(given: Sequence[str]) -> list[str]:
    """The command as a reader may repeat it: where the data lie is each reader's own matter."""
    shown: list[str] = []
    hide = ""
    for word in given:
        if hide:
            shown.append(hide)
            hide = ""
            continue
        shown.append(word)
        hide = {"--data": "DATA", "--output": "OUTPUT"}.get(word, "")
    return shown


if __name__ == "__main__":
    sys.exit(main())
