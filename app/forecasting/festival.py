"""The course of a series around Spring Festival, learnt from earlier festivals of the same series."""

from collections.abc import Sequence

import numpy as np

from app.forecasting.baselines import weekday_effects
from app.forecasting.types import Bools, Floats, Kind

REACH_DAYS = 21
"""The profile reaches from so many days before the festival to so many after it."""
NEAR_DAYS = 12
"""Within so many days of the festival errors are largest."""
LEVEL_DAYS = 14
TAPER_DAYS = 7
FESTIVALS_MIN = {Kind.QUANTITY: 1, Kind.PRICE: 2}
"""One festival says little of a price, which drifts as much in any six weeks."""

OFFSETS = np.arange(-REACH_DAYS, REACH_DAYS + 1)


def near_festival(days: Floats, festivals: Sequence[int]) -> Bools:
    """Which of these days (as indices, like the festivals) lie within `NEAR_DAYS` of one."""
    near = np.zeros(days.shape, dtype=np.bool_)
    for festival in festivals:
        near |= np.abs(days - festival) <= NEAR_DAYS
    return near


def festival_profile(logs: Floats, festivals: Sequence[int], origin: int, kind: Kind, period: int) -> Floats | None:
    """The log ratio to the level on each day around a festival, from those that are over at the origin.

    Over means that the two weeks after its reach are known too. The mean of the festivals is shrunk by
    1 - (what six ordinary weeks of this series differ) / (what it differs), as mean squares, so that noise is no
    profile. None where there are too few festivals or nothing is left.
    """
    last_centre = origin - REACH_DAYS - LEVEL_DAYS
    known = [course for day in festivals if day <= last_centre and (course := _course(logs, day, period)) is not None]
    if len(known) < FESTIVALS_MIN[kind]:
        return None
    noise = [
        float(np.mean(course**2))
        for centre in range(REACH_DAYS + LEVEL_DAYS, last_centre + 1, 7)
        if all(abs(centre - festival) > 2 * REACH_DAYS for festival in festivals)
        and (course := _course(logs, centre, period)) is not None
    ]
    mean: Floats = np.mean(known, axis=0)
    size = float(np.mean(mean**2))
    if not noise or size == 0:
        return None
    share = 1 - float(np.mean(noise)) / len(known) / size
    return mean * share if share > 0 else None


def spread_profile(profile: Floats, festivals: Sequence[int], days: Floats) -> Floats:
    """The profile on each of these days (indices), 0 far from every festival."""
    spread = np.zeros(days.shape)
    for festival in festivals:
        offset = days - festival
        inside = np.abs(offset) <= REACH_DAYS
        spread[inside] += profile[(offset[inside] + REACH_DAYS).astype(np.int64)]
    return spread


def _course(logs: Floats, centre: int, period: int) -> Floats | None:
    """Log ratio to the level within `REACH_DAYS` of a day, smoothed over three days and brought to 0 at both ends.

    The level goes straight from the median of the two weeks before to that of the two weeks after.
    """
    first = centre - REACH_DAYS
    if first < LEVEL_DAYS:
        return None
    before = _median(logs[first - LEVEL_DAYS : first])
    after = _median(logs[centre + REACH_DAYS + 1 : centre + REACH_DAYS + LEVEL_DAYS + 1])
    if before is None or after is None:
        return None
    level = before + (after - before) * (OFFSETS + REACH_DAYS + LEVEL_DAYS / 2) / (2 * REACH_DAYS + LEVEL_DAYS)
    effects = weekday_effects(logs, first - 1, period)
    window = logs[first : centre + REACH_DAYS + 1]
    course = window - level - effects[(centre + OFFSETS) % period]
    if np.isnan(course).sum() > len(course) // 2:
        return None
    padded = np.pad(np.where(np.isnan(course), 0.0, course), 1, mode="edge")
    smooth = np.convolve(padded, np.ones(3) / 3, "valid")
    return smooth * np.clip((REACH_DAYS + 1 - np.abs(OFFSETS)) / TAPER_DAYS, 0, 1)


def _median(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) >= LEVEL_DAYS // 3 + 1 else None
