"""The figures that the solver is to reach, each computed from the measurements that are there."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.runs import Result

MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure: what it says, the goal, and what was measured (None: a measurement is missing)."""

    text: str
    goal: float
    found: float | None
    note: str = ""

    @property
    def reached(self) -> bool | None:
        return None if self.found is None else self.found <= self.goal


def figures_of(results: Sequence[Result]) -> list[Figure]:
    """The figures of all cases that were measured; all are ratios of CPU, or said otherwise."""
    found: list[Figure] = []
    for result in results:
        found += _whole(result)
        found += _shares(result)
        found += _pulp(result)
        found += _packs(result)
        found += _nation(result)
    found += _growth(results)
    return found


_SOLVES = {
    ("city", "uncoupled"): 1.0,
    ("city", "coupled"): 3.0,
    ("province", "uncoupled"): 1.0,
    ("province", "coupled"): 5.0,
}


def _ratio(result: Result, way: str, beside: str) -> float | None:
    one, other = result.get(way), result.get(beside)
    return None if one is None or other is None else one.cpu_seconds / max(1e-9, other.cpu_seconds)


def _whole(result: Result) -> Iterator[Figure]:
    name = result.case.name
    goal = _SOLVES.get((result.case.size.name, result.case.kind))
    if goal is not None:
        ratio = _ratio(result, "tongchou", "highs")
        yield Figure(text=f"{name}: whole plan, in weighted solves by raw HiGHS", goal=goal, found=ratio)
    if result.case.size.name == "city" and result.case.kind == "uncoupled":
        ratio, note = _ratio(result, "tongchou", "pulp"), ""
        plain, whole = result.measured.get("pulp"), result.get("tongchou")
        if plain is not None and plain.failed.startswith(">") and whole is not None and plain.cpu_seconds:
            ratio, note = whole.cpu_seconds / plain.cpu_seconds, "at most: PuLP was stopped at its cap"
        yield Figure(text=f"{name}: whole plan beside plain PuLP and CBC", goal=1 / 30, found=ratio, note=note)


def _shares(result: Result) -> Iterator[Figure]:
    if result.case.kind == "uncoupled":
        ratio = _ratio(result, "shares", "highs-apart")
        text = f"{result.case.name}: shares of all components, in weighted solves of each"
        yield Figure(text=text, goal=0.10, found=ratio)
    elif result.case.size.name == "prefecture":
        ratio = _ratio(result, "shares", "highs-ipm")
        text = f"{result.case.name}: shares, in solves by interior point"
        yield Figure(text=text, goal=3.0, found=ratio)


def _pulp(result: Result) -> Iterator[Figure]:
    name = result.case.name
    if "build-columnar" in result.measured:
        ratio = _ratio(result, "build-columnar", "build-raw")
        yield Figure(text=f"{name}: building and handing over by PuLP, beside raw arrays", goal=1.1, found=ratio)
    if "resolve-pulp" in result.measured:
        ratio = _ratio(result, "resolve-pulp", "resolve-direct")
        yield Figure(text=f"{name}: a sequence by resolve, beside direct HiGHS", goal=1.06, found=ratio)


def _packs(result: Result) -> Iterator[Figure]:
    if "packs" not in result.measured:
        return
    name = result.case.name
    yield Figure(
        text=f"{name}: packs, beside the time of HiGHS' MILP", goal=0.1, found=_ratio(result, "packs", "packs-milp")
    )
    for way, measure, text in (
        ("packs-milp", "packs", "packs shipped, points behind the MILP that ships most"),
        ("packs-milp-share", "mean_share", "mean share, points behind the MILP that raises it most"),
    ):
        ours, theirs = result.get("packs"), result.get(way)
        behind = None if ours is None or theirs is None else theirs.detail[measure] - ours.detail[measure]
        yield Figure(text=f"{name}: {text}", goal=0.3, found=behind)


def _nation(result: Result) -> Iterator[Figure]:
    goals = {"nation": (30.0, 1024.0), "nation-daily": (900.0, 8192.0)}.get(result.case.size.name)
    if goals is None or result.case.kind != "uncoupled":
        return
    whole = result.get("tongchou-2")
    name = result.case.name
    yield Figure(
        text=f"{name}: whole plan by two processes, wall seconds",
        goal=goals[0],
        found=None if whole is None else whole.wall_seconds,
        note="seconds, not a ratio",
    )
    yield Figure(
        text=f"{name}: peak memory of all processes, MiB",
        goal=goals[1],
        found=None if whole is None else whole.peak_bytes / MIB,
        note="each child counted at the largest",
    )


def _growth(results: Sequence[Result]) -> Iterator[Figure]:
    """Time for each n log n, beside the smallest size that was measured."""
    uncoupled = sorted(
        (result for result in results if result.case.kind == "uncoupled" and result.get("tongchou")),
        key=lambda result: result.case.size.demands,
    )
    rates = [(result, _rate(result)) for result in uncoupled]
    for result, rate in rates[1:]:
        first, least = rates[0]
        text = f"{result.case.name}: whole plan for each n log n, beside {first.case.size.name}"
        yield Figure(text=text, goal=1.0, found=rate / least)


def _rate(result: Result) -> float:
    demands = result.case.size.demands
    whole = result.get("tongchou")
    assert whole is not None
    return whole.cpu_seconds / (demands * math.log2(demands))
