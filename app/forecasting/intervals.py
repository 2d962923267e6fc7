"""Intervals by split conformal prediction: how wide nine of ten earlier errors were, step by step.

The half width at a step is the k-th smallest |log error| of that step at n earlier origins, k = ceil(0.9 (n + 1)).
"""

import math

import numpy as np

from app.forecasting.types import Floats, Kind

LEVEL = 0.9
ORIGINS_MIN = 16
SHORT_FACTOR = 1.1
"""With fewer weekly origins, overlapping daily ones serve, whose errors are too alike: measured, a tenth is missing."""
FEW_FACTOR = 3.0
"""With n < 16 errors the half width is widened by 1 + 3 / n: the largest of four covers only eight of ten."""
FESTIVAL_FACTOR = {Kind.QUANTITY: 2.7, Kind.PRICE: 1.7}
FESTIVAL_FACTOR_LEARNT = {Kind.QUANTITY: 1.5, Kind.PRICE: 1.4}


def half_widths(errors: Floats, *, short: bool) -> Floats:
    """Half width of the interval of log values at each step.

    `errors` has a row an earlier origin and a column a step, NaN where the later value is not known. A step without
    any error takes the width of the step before it, grown like that of a random walk.
    """
    steps = errors.shape[1]
    widths = np.empty(steps)
    for step in range(steps):
        known = np.sort(errors[~np.isnan(errors[:, step]), step])
        count = len(known)
        if count:
            rank = min(count, math.ceil(LEVEL * (count + 1)))
            factor = SHORT_FACTOR if short else 1.0
            widths[step] = known[rank - 1] * factor * (1 + FEW_FACTOR / count if count < ORIGINS_MIN else 1.0)
        else:
            widths[step] = widths[step - 1] * math.sqrt((step + 1) / step) if step else np.nan
    return widths


def festival_factor(kind: Kind, *, learnt: bool) -> float:
    """By how much the interval is wider within twelve days of Spring Festival."""
    return (FESTIVAL_FACTOR_LEARNT if learnt else FESTIVAL_FACTOR)[kind]
