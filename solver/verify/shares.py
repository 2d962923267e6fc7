"""Whether the relaxed shares of a plan are consistent.

Shares never fall from band to band, rise only in a band that serves the tier, and then at most to its cap. The
levels told for a band are the distinct outcomes of its demands.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from math import isfinite

from ..model.plan import Plan
from .facts import Facts, Finding, finding
from .paths import Path, Paths


def share_findings(facts: Facts, plan: Plan, paths: Paths, bands: int) -> Iterator[Finding]:
    """What contradicts itself in the shares and levels of a plan."""
    for path in paths:
        yield from _path_findings(path, facts.parameters.share_order)
    if len(plan.bands) != bands:
        message = "the plan tells of {told} bands, and has shares after {shares}"
        yield finding("bands_mismatch", message, told=len(plan.bands), shares=bands)
        return
    for band, told in enumerate(plan.bands):
        name = facts.problem.bands[band].name
        if told.name != name:
            message = "band {band} is told as {told}, and is named {name}"
            yield finding("bands_mismatch", message, band=band, told=told.name, name=name)
        reached = sorted({outcome for path in paths if (outcome := path.outcomes[band]) is not None})
        yield from _level_findings(reached, band, told.levels, facts.parameters.outcome)


def _path_findings(path: Path, tolerance: float) -> Iterator[Finding]:
    before = 0.0
    for band, (share, cap) in enumerate(zip(path.shares, path.most, strict=True)):
        if not isfinite(share) or share < before - tolerance:
            message = "{demand} falls to {share} in band {band}"
            for name in path.demands:
                yield finding("share_falls", message, demand=name, band=band, share=float(share))
        elif share > max(before, cap) + tolerance:
            message = "{demand} rises to {share} in band {band}, which serves it up to {cap}"
            for name in path.demands:
                yield finding("share_above_cap", message, demand=name, band=band, share=float(share), cap=cap)
        before = share


def _level_findings(
    reached: Sequence[float], band: int, levels: Sequence[float], tolerance: float
) -> Iterator[Finding]:
    """The levels told are the outcomes there are; full service need not be told."""
    told = list(levels)
    if told != sorted(told):
        yield finding("levels_descend", "the levels of band {band} are not ascending", band=band)
        return
    for level in told:
        if not _near(level, reached, tolerance):
            message = "no demand of band {band} has the level {level} that is told"
            yield finding("level_unknown", message, band=band, level=float(level))
    for level in reached:
        if level < 1 - tolerance and not _near(level, told, tolerance):
            message = "a demand of band {band} has outcome {level}, which is not told"
            yield finding("level_missing", message, band=band, level=float(level))


def _near(value: float, ascending: Sequence[float], tolerance: float) -> bool:
    place = bisect_left(ascending, value - 2 * tolerance)
    return place < len(ascending) and ascending[place] <= value + 2 * tolerance
