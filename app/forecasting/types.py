"""What a forecast is made of: kinds, methods, points, the back-test, remarks and refusals."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Value = str | int | float | date


class Kind(StrEnum):
    """What the values of a series are."""

    QUANTITY = "quantity"
    PRICE = "price"


class Method(StrEnum):
    """The ways to forecast; which of them stand as candidates depends on the kind."""

    SEASONAL_NAIVE = "seasonal_naive"
    NAIVE = "naive"
    FOUR_WEEK_MEAN = "four_week_mean"
    DAMPED_HOLT = "damped_holt"
    MEAN_OF_THREE = "mean_of_three"


class RefusalCode(StrEnum):
    """Why a series is not forecast."""

    TOO_SHORT = "too_short"
    TOO_MANY_GAPS = "too_many_gaps"
    TOO_OLD = "too_old"
    CONSTANT = "constant"


class NoteCode(StrEnum):
    """What a reader of a forecast has to know."""

    SHORT_HISTORY = "short_history"
    FESTIVAL_PROFILE = "festival_profile"
    FESTIVAL_WIDENED = "festival_widened"
    ZEROS = "zeros"
    GAPS = "gaps"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A series is not forecast, and why: a message of the catalogues with its parameters."""

    code: RefusalCode
    message: str
    params: Mapping[str, Value]

    @classmethod
    def of(cls, message: str, *, code: RefusalCode, **params: Value) -> Self:
        """The refusal with its message first, as the catalogues are searched for it."""
        return cls(code, message, params)


@dataclass(frozen=True, slots=True)
class Note:
    """A remark on a forecast: a message of the catalogues with its parameters."""

    code: NoteCode
    message: str
    params: Mapping[str, Value]

    @classmethod
    def of(cls, message: str, *, code: NoteCode, **params: Value) -> Self:
        """The remark with its message first, as the catalogues are searched for it."""
        return cls(code, message, params)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The forecast of one day (or of the week that begins with it): low <= point <= high, in the units of the series.

    Low and high are meant to hold the later value in nine cases of ten.
    """

    day: date
    point: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """How the same procedure did at earlier origins, each time with nothing known beyond the origin.

    `mase` and the two beside it are mean absolute errors divided by the mean absolute change over one season within
    the history. `coverage` is the share of later values inside the interval of then, None where no origin had 16
    earlier ones. `log_errors` is the mean |log error| of each candidate over the last eight weeks: the least won.
    """

    origins: int
    mase: float | None
    mase_seasonal_naive: float | None
    mase_naive: float | None
    coverage: float | None
    log_errors: Mapping[Method, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The answer for a series that was not refused."""

    method: Method
    points: tuple[Point, ...]
    backtest: Backtest
    notes: tuple[Note, ...]
