"""Tables of what was measured, as Markdown, and everything as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.figures import MIB, Figure, figures_of
from benchmarks.measure import Measured
from benchmarks.runs import PARTS, WHOLE, Result

NAMES = {
    "highs": "raw HiGHS, one weighted solve",
    "highs-ipm": "raw HiGHS, one weighted solve by interior point",
    "pulp": "plain PuLP and CBC, the same plan",
    "tongchou": "Tongchou, the whole plan",
    "tongchou-gains": "Tongchou, the whole plan and what would help most",
    "tongchou-2": "Tongchou, two processes",
    "read": "Tongchou, reading the JSON",
    "highs-apart": "raw HiGHS, one weighted solve of each component",
    "shares": "shares alone: Tongchou, component by component",
    "build-raw": "building: raw arrays to HiGHS",
    "build-columnar": "building: columnar PuLP problem to HiGHS",
    "build-lpsum": "building: `lpSum`, stock `pulp.HiGHS`",
    "resolve-direct": "the sequence's programs: direct HiGHS",
    "resolve-pulp": "the sequence's programs: PuLP's `resolve`",
    "packs": "packs: Tongchou",
    "packs-milp": "packs: HiGHS' MILP for most packs, gap 1e-3",
    "packs-milp-share": "packs: HiGHS' MILP for the mean share, gap 1e-3",
}
BESIDE = {
    "shares": "highs-apart",
    "build-columnar": "build-raw",
    "build-lpsum": "build-raw",
    "resolve-pulp": "resolve-direct",
    "packs": "packs-milp",
}
"""What each part is held against."""


def machine() -> str:
    """The machine in general terms."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (ValueError, OSError):
        memory = float("nan")
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {system}"


def markdown(results: Sequence[Result], command: str) -> str:
    """The whole report."""
    lines = [f"`{command}`", "", f"On {machine()}. CPU seconds are those of the process and its children.", ""]
    for result in results:
        lines += _case(result)
    lines += _figures(figures_of(results))
    return "\n".join(lines) + "\n"


def write_report(folder: Path, results: Sequence[Result], command: str) -> None:
    """Writes ``report.md`` and ``report.json``; shares that were only compared are left out."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.md").write_text(markdown(results, command), encoding="utf-8")
    document = {
        "command": command,
        "machine": machine(),
        "cases": [
            {
                "size": asdict(result.case.size),
                "kind": result.case.kind,
                "seed": result.case.seed,
                "ways": [_plain(measured) for measured in result.measured.values()],
                "shares_differ_by": shares_differ_by(result),
            }
            for result in results
        ],
        "figures": [asdict(figure) | {"reached": figure.reached} for figure in figures_of(results)],
    }
    (folder / "report.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def shares_differ_by(result: Result) -> float | None:
    """The largest difference between a share of plain PuLP's and of Tongchou's."""
    plain, whole = result.get("pulp"), result.get("tongchou")
    if plain is None or whole is None or not whole.detail.get("shares"):
        return None
    pairs = zip(plain.detail["shares"], whole.detail["shares"], strict=True)
    return max((abs(one - other) for one, other in pairs), default=0.0)


def _plain(measured: Measured) -> dict[str, Any]:
    row = asdict(measured)
    row["detail"].pop("shares", None)
    return row


def _case(result: Result) -> Iterator[str]:
    size = result.case.size
    yield f"### {result.case.name}"
    yield ""
    yield (
        f"{size.facilities:,} facilities, {size.items} items, {size.periods} days, {size.sites} sites, "
        f"{size.demands:,} needs." + (f" The whole program: {_shape(result)}." if _shape(result) else "")
    )
    yield ""
    yield "| way | wall s | CPU s | peak MiB | programs | flows | CPU beside HiGHS | CPU beside PuLP |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    for way in WHOLE:
        if way in result.measured:
            yield _row(result, way, ("highs", "pulp"))
    yield ""
    yield from _remarks(result)
    if any(way in result.measured for way in PARTS):
        yield "| part | wall s | CPU s | peak MiB | programs | flows | CPU beside the one above it |"
        yield "|---|--:|--:|--:|--:|--:|--:|"
        for way in PARTS:
            if way in result.measured:
                yield _row(result, way, (BESIDE.get(way, ""),))
        yield ""


def _remarks(result: Result) -> Iterator[str]:
    whole = result.get("tongchou")
    if whole is not None and whole.detail.get("pieces"):
        pieces = sorted(whole.detail["pieces"].items(), key=lambda pair: -pair[1])
        yield "Where the whole plan's CPU seconds are: " + ", ".join(f"{name} {s:.2f}" for name, s in pieces) + "."
        yield ""
    differ = shares_differ_by(result)
    if differ is not None:
        yield f"The shares differ from plain PuLP's by {differ:.1e} at most."
        yield ""


def _shape(result: Result) -> str:
    found = result.get("highs")
    return "" if found is None else str(found.detail.get("shape", ""))


def _row(result: Result, way: str, beside: Sequence[str]) -> str:
    measured = result.measured[way]
    if measured.failed:
        cells = [f"{measured.failed}", "", "", "", "", *("" for _ in beside)]
        return f"| {NAMES[way]} | " + " | ".join(cells) + " |"
    cells = [
        f"{measured.wall_seconds:.3f}",
        f"{measured.cpu_seconds:.3f}",
        f"{measured.peak_bytes / MIB:.0f}",
        str(measured.detail.get("programs") or ""),
        str(measured.detail.get("flows") or ""),
        *(_beside(result, measured, other) for other in beside),
    ]
    return f"| {NAMES[way]} | " + " | ".join(cells) + " |"


def _beside(result: Result, measured: Measured, way: str) -> str:
    other = result.get(way)
    if other is None or other is measured:
        return ""
    return f"{measured.cpu_seconds / max(1e-9, other.cpu_seconds):.3g}"


def _figures(figures: Sequence[Figure]) -> Iterator[str]:
    if not figures:
        return
    yield "### Figures to reach"
    yield ""
    yield "| figure | goal | found | |"
    yield "|---|--:|--:|---|"
    for figure in figures:
        found = "" if figure.found is None else f"{figure.found:.3g}"
        verdict = {True: "reached", False: "**not reached**", None: "not measured"}[figure.reached]
        note = f"; {figure.note}" if figure.note else ""
        yield f"| {figure.text} | {figure.goal:.3g} | {found} | {verdict}{note} |"
