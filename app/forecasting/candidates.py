"""Which methods stand for which kind of series, and their forecasts at many origins."""

from collections.abc import Mapping, Sequence

import numpy as np

from app.forecasting.baselines import four_week_mean, last_season, weekday_effects
from app.forecasting.smoothing import damped_holt, holt_winters, theta
from app.forecasting.types import Floats, Kind, Method

CANDIDATES: Mapping[Kind, tuple[Method, ...]] = {
    Kind.QUANTITY: (Method.MEAN_OF_THREE, Method.FOUR_WEEK_MEAN, Method.SEASONAL_NAIVE),
    Kind.PRICE: (Method.MEAN_OF_THREE, Method.DAMPED_HOLT, Method.NAIVE),
}
"""Of equal ones the first wins. Quantities have a week, prices have none."""


def candidate_logs(kind: Kind, logs: Floats, origins: Sequence[int], steps: int, period: int) -> dict[Method, Floats]:
    """Forecasts of the logarithms by method, a row an origin; both naive ones are there to compare with."""
    naive = last_season(logs, origins, steps, 1)
    found = {
        Method.NAIVE: naive,
        Method.SEASONAL_NAIVE: last_season(logs, origins, steps, period) if period > 1 else naive,
    }
    if kind is Kind.QUANTITY:
        mean = four_week_mean(logs, origins, steps, period)
        seasons = np.array([weekday_effects(logs, origin, period) for origin in origins])
        smooth = holt_winters(logs, origins, steps, period) if period > 1 else damped_holt(logs, origins, steps)
        found[Method.FOUR_WEEK_MEAN] = mean
        found[Method.MEAN_OF_THREE] = (mean + smooth + theta(logs, origins, steps, seasons)) / 3
    else:
        holt = damped_holt(logs, origins, steps)
        found[Method.DAMPED_HOLT] = holt
        found[Method.MEAN_OF_THREE] = (naive + holt + theta(logs, origins, steps, np.zeros((len(origins), 1)))) / 3
    return found
