"""What a city can begin with: items, facility types, units, substitutions, norms and a policy, with their sources.

The rows of `zh-2020` lie beside this file in the form in which the API takes them; the sample is loaded from the same
rows. `who-2020` is the part of it that WHO's tool speaks of, under WHO's names.
"""

import json
from collections.abc import Sequence
from enum import StrEnum
from importlib.resources import files
from typing import Any

from app.interop.city.kinds import BY_NAME
from app.interop.city.kinds_supply import POLICIES, POLICY_BANDS, POLICY_RESERVES, POLICY_TIERS
from app.interop.city.present import CityRow
from app.interop.city.workbook import empty_city
from app.planning.policies.schemas import NewPolicy

FOLDER = files("app.interop.city.starters") / "zh-2020"
SHARED = (
    "facility_types", "items", "item_units", "norm_sets", "norms", "substitutions", "vehicle_classes", "policies",
)  # fmt: skip
"""Files of `zh-2020`."""
WHO_SET = "who-esft"
WHO_NAMES = {
    "medical-respirator": "Particulate respirator, N95, FFP2 or equivalent",
    "surgical-mask": "Mask, medical, for health workers and patients",
    "protective-suit": "Coverall, protective",
    "isolation-gown": "Gown, protective",
    "goggles": "Goggles, protective",
    "face-shield": "Face shield",
    "examination-gloves": "Gloves, examination, non-sterile",
    "surgical-gloves": "Gloves, surgical, sterile",
    "cap": "Cap, surgical",
    "shoe-covers": "Shoe covers",
}
"""English names of the items as WHO's lists of 2020 have them."""
TITLES = {
    "medical": ("医疗物资分配规则", "Medical supplies: how they are shared"),
    "living": ("生活物资分配规则", "Living supplies: how they are shared"),
}


class Starter(StrEnum):
    """With what a new workbook begins."""

    ZH_2020 = "zh-2020"
    WHO_2020 = "who-2020"
    EMPTY = "empty"


def starter_city(starter: Starter) -> dict[str, Sequence[CityRow]]:
    """The rows of a starter by kind."""
    city = dict(empty_city())
    if starter is Starter.EMPTY:
        return city
    for name in SHARED:
        if name not in ("policies", "item_units"):
            city[name] = [_whole(name, row) for row in shared_rows(name)]
    city["item_units"] = [
        _whole("item_units", unit | {"item": of_item["item"]})
        for of_item in shared_rows("item_units")
        for unit in of_item["units"]
    ]
    city |= _policies(shared_rows("policies"))
    return _of_who(city) if starter is Starter.WHO_2020 else city


def shared_rows(name: str) -> list[dict[str, Any]]:
    """The rows of a file of `zh-2020`, as the API takes them."""
    rows: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_bytes())
    return rows


def _whole(kind: str, row: dict[str, Any]) -> CityRow:
    whole = {column.field: row.get(column.field) for column in BY_NAME[kind].columns}
    defaults = {"active": True, "ratio_permille": 1000, "pack_units": 1, "cold_chain": False, "durable": False}
    for name, default in defaults.items():
        if name in whole and whole[name] is None:
            whole[name] = default
    return whole


def _policies(rows: list[dict[str, Any]]) -> dict[str, Sequence[CityRow]]:
    """The policies by sheet; reserves are for the city to decide."""
    heads, bands, tiers = [], [], []
    for row in rows:
        title_zh, title_en = TITLES[row["program"]]
        heads.append(_policy_defaults() | row | {"title_zh": title_zh, "title_en": title_en})
        tiers += [tier | {"program": row["program"]} for tier in row["tiers"]]
        bands += [
            {"program": row["program"], "position": n, "name_zh": band["name_zh"], "name_en": band["name_en"]} | cap
            for n, band in enumerate(row["bands"], 1)
            for cap in band["caps"]
        ]
    return {POLICIES.name: heads, POLICY_BANDS.name: bands, POLICY_TIERS.name: tiers, POLICY_RESERVES.name: []}


def _policy_defaults() -> CityRow:
    fields = NewPolicy.model_fields
    return {
        column.field: fields[column.field].default
        for column in POLICIES.columns
        if not column.required and column.field != "title_en"
    }


def _of_who(city: dict[str, Sequence[CityRow]]) -> dict[str, Sequence[CityRow]]:
    """Only what WHO's tool has norms for, under WHO's names."""
    norms = [row for row in city["norms"] if row["norm_set"] == WHO_SET]
    items = {row["item"] for row in norms}
    part = city | {
        "norms": norms,
        "norm_sets": [row for row in city["norm_sets"] if row["code"] == WHO_SET],
        "items": [row | _who_name(row) for row in city["items"] if row["code"] in items],
        "item_units": [row for row in city["item_units"] if row["item"] in items],
        "substitutions": [row for row in city["substitutions"] if {row["item"], row["serves_item"]} <= items],
    }
    for kind in (POLICIES, POLICY_BANDS, POLICY_TIERS):
        part[kind.name] = [row for row in city[kind.name] if row["program"] == "medical"]
    part[POLICIES.name] = [row | {"norm_set": WHO_SET} for row in part[POLICIES.name]]
    return part


def _who_name(row: CityRow) -> CityRow:
    return {"name_en": WHO_NAMES.get(row["code"], row["name_en"])}
