"""Where facilities stand and how large they are: from real lists where these are given, else made up.

Two lists are known by the names of their files. ``us_hospitals_beds_coords_covidcaremap.csv.gz`` has hospitals
with beds and coordinates, and makes nations. ``fever_clinics_china_20200211.csv.gz`` has fever clinics by
province, city and county, without coordinates, and makes provinces and what is smaller: which county has how many
clinics is real, where the counties lie is made up.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HOSPITALS = "us_hospitals_beds_coords_covidcaremap.csv.gz"
CLINICS = "fever_clinics_china_20200211.csv.gz"
PROVINCE = "浙江省"
KM_A_DEGREE = 111.2
NATION_FACILITIES_MIN = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Facilities and sites on a plane: ``x``, ``y`` in km, ``beds`` as a measure of what a facility needs."""

    origin: str
    facility_xy: Floats
    site_xy: Floats
    beds: Floats


def places_of(facilities: int, sites: int, rng: np.random.Generator, data: Path | None) -> Places:
    """So many facilities and sites; sites stand where the beds are.

    Raises FileNotFoundError when ``data`` is given and the list that is wanted is not there.
    """
    if data is None:
        origin = "synthetic"
        xy, beds = _synthetic(facilities, rng)
    elif facilities >= NATION_FACILITIES_MIN:
        origin = "US hospitals"
        xy, beds = _around_hospitals(data / HOSPITALS, facilities, rng)
    else:
        origin = f"fever clinics of {PROVINCE}"
        xy, beds = _in_counties(data / CLINICS, facilities, rng)
    at = rng.choice(facilities, size=sites, replace=False, p=beds / beds.sum())
    return Places(origin=origin, facility_xy=xy, site_xy=xy[at] + rng.normal(0.0, 2.0, (sites, 2)), beds=beds)


def _synthetic(count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Towns of very different sizes in a square whose side grows with their number."""
    towns = max(3, round(count**0.5))
    side = 12.0 * count**0.5
    town_xy = rng.uniform(0.0, side, (towns, 2))
    weight = rng.pareto(1.3, towns) + 0.2
    town = rng.choice(towns, size=count, p=weight / weight.sum())
    return town_xy[town] + rng.normal(0.0, 6.0, (count, 2)), _beds(count, rng)


def _beds(count: int, rng: np.random.Generator) -> Floats:
    beds: Floats = np.maximum(5.0, np.round(np.exp(rng.normal(4.0, 1.1, count))))
    return beds


def _around_hospitals(path: Path, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """The hospitals themselves, then the clinics and homes around them: more where there are more beds."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [
            (float(row["Longitude"]), float(row["Latitude"]), float(row["Licensed All Beds"] or 25.0))
            for row in csv.DictReader(file)
            if row["Longitude"] and row["Latitude"]
        ]
    table = np.array(rows)
    table[:, 2] = np.maximum(5.0, table[:, 2])
    middle = np.deg2rad(table[:, 1].mean())
    xy = np.column_stack((table[:, 0] * KM_A_DEGREE * np.cos(middle), table[:, 1] * KM_A_DEGREE))
    if count <= len(table):
        chosen = np.sort(rng.choice(len(table), size=count, replace=False))
        return xy[chosen], table[chosen, 2]
    near = rng.choice(len(table), size=count - len(table), p=table[:, 2] / table[:, 2].sum())
    around = xy[near] + rng.normal(0.0, 15.0, (len(near), 2))
    small: Floats = np.maximum(5.0, np.round(np.exp(rng.normal(3.0, 0.8, len(near)))))
    return np.concatenate((xy, around)), np.concatenate((table[:, 2], small))


def _in_counties(path: Path, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Facilities by county as the clinics of the province are; counties lie around their cities."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        clinics = Counter((row["city"], row["county"]) for row in csv.DictReader(file) if row["province"] == PROVINCE)
    counties = sorted(clinics)
    cities = sorted({city for city, _ in counties})
    city_xy = rng.uniform(0.0, 350.0, (len(cities), 2))
    city = np.array([cities.index(name) for name, _ in counties])
    county_xy = city_xy[city] + rng.normal(0.0, 25.0, (len(counties), 2))
    weight = np.array([clinics[county] for county in counties], dtype=float)
    at = rng.choice(len(counties), size=count, p=weight / weight.sum())
    return county_xy[at] + rng.normal(0.0, 8.0, (count, 2)), _beds(count, rng)
