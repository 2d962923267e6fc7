"""Water-filling in closed form: the levels at which pools of one limit each are used up."""

from __future__ import annotations

import numpy as np

from ..arrays.grouping import sum_by
from ..arrays.limit_system import Floats, Integers

__all__ = ["water_levels"]


def water_levels(pool: Integers, weight: Floats, floor: Floats, volume: Floats, *, ordered: bool = False) -> Floats:
    """The highest level of each pool, in 0..1, that its volume allows.

    ``pool[i]`` is the pool of member i, ``weight[i] > 0`` what it takes for each unit of level, ``floor[i] >= 0``
    what it holds already and never gives back. At level z member i holds max(floor[i], z * weight[i]); the
    answer is the largest z <= 1 with the sum of a pool's members <= ``volume[pool]``; where the floors use up
    the volume (or, by rounding, a hair more), the level at which the first member would leave its floor. A pool
    without members answers 1. ``ordered``: members come by pool, and in it by floor / weight.

    The sum is piecewise linear in z, and bends where a member leaves its floor, at floor/weight: sort the
    bends, find the last one that the volume reaches, and solve the line beyond it. O(n log n).
    """
    count = len(volume)
    bend = floor / weight
    owner = pool
    if not ordered:
        order = np.lexsort((bend, pool))
        owner, bend, weight, floor = pool[order], bend[order], weight[order], floor[order]
    first = np.searchsorted(owner, np.arange(count + 1))
    held_above = _from_here_on(floor, owner, first)
    weight_upto = _up_to_here(weight, owner, first)
    at_bend = bend * weight_upto + held_above - floor
    reached = at_bend <= volume[owner]
    # The sum grows with the level, so the reached bends of a pool are its first ones; beyond the last of them
    # the sums are formed anew, pool by pool, so that big pools lend no rounding error to small ones.
    rising = reached & (bend < 1.0)
    rising_weight = sum_by(owner[rising], weight[rising], count)
    resting = sum_by(owner[~rising], floor[~rising], count)
    level = np.zeros(count)
    np.divide(volume - resting, rising_weight, out=level, where=rising_weight > 0.0)
    lowest_bend = np.ones(count)
    filled = first[1:] > first[:-1]
    lowest_bend[filled] = np.minimum(1.0, bend[first[:-1][filled]])
    level = np.where(rising_weight > 0.0, level, np.where(filled, lowest_bend, 1.0))
    return np.clip(level, 0.0, 1.0)


def _up_to_here(value: Floats, owner: Integers, first: Integers) -> Floats:
    """Running sums inside each pool, the member itself included."""
    total = np.concatenate(([0.0], np.cumsum(value)))
    return total[1:] - total[first[owner]]


def _from_here_on(value: Floats, owner: Integers, first: Integers) -> Floats:
    """Sums from each member, itself included, to the last of its pool."""
    total = np.concatenate(([0.0], np.cumsum(value)))
    return total[first[owner + 1]] - total[:-1]
