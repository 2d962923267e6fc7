"""Turns needs from a file and a stock table into a problem for the solver, without a database."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from app.interop.mapping import TakenNeed, facility_key
from app.interop.stock_table import StockLot, TierRule, tier_of

SITE = "store"
FACILITY_ID_LENGTH_MAX = 100

BANDS: tuple[Mapping[str, Any], ...] = (
    {"name": "a floor for everyone", "caps": {"1": 0.5, "2": 0.3, "3": 0.1}},
    {"name": "key points", "caps": {"1": 1.0}},
    {"name": "everyone else", "caps": {"2": 1.0, "3": 1.0}},
)
"""First everyone up to a floor, then the key points to the full, then everyone else."""


def build_problem(
    needs: Sequence[TakenNeed],
    stock: Sequence[StockLot],
    rules: tuple[TierRule, ...],
    *,
    start: date,
    days: int,
) -> dict[str, Any]:
    """A document `tongchou.problem/1`: one store, from which every facility is reached on the same day.

    What is overdue at the start is due on the first day. A lot that has expired before the start counts as 0 units.
    """
    facilities = facility_ids(needs)
    packs = {need.item: 1 for need in needs} | {lot.item: lot.pack for lot in stock}
    ids = {(need.facility, need.district): facilities[facility_key(need.facility, need.district)] for need in needs}
    return {
        "format": "tongchou.problem/1",
        "start": start.isoformat(),
        "periods": days,
        "items": [{"id": item, "pack": packs[item]} for item in sorted(packs)],
        "sites": [{"id": SITE}],
        "facilities": [{"id": facility} for facility in sorted(set(facilities.values()))],
        "lanes": [{"site": SITE, "facility": facility} for facility in sorted(set(facilities.values()))],
        "supplies": [_supply(lot, start, days) for lot in sorted(stock, key=lambda lot: lot.lot)],
        "demands": sorted(
            (_demand(need, ids[need.facility, need.district], rules, start) for need in needs),
            key=lambda demand: str(demand["id"]),
        ),
        "bands": list(BANDS),
    }


def facility_ids(needs: Sequence[TakenNeed]) -> dict[tuple[str, str], str]:
    """A readable id for every facility: its name, with the district where two districts have the same name."""
    names: dict[tuple[str, str], tuple[str, str]] = {}
    for need in needs:
        names.setdefault(facility_key(need.facility, need.district), (need.facility, need.district))
    districts: dict[str, set[str]] = {}
    for folded, district in names:
        districts.setdefault(folded, set()).add(district)
    return {
        (folded, place): _id(f"{name} ({district})" if len(districts[folded]) > 1 else name, number)
        for number, ((folded, place), (name, district)) in enumerate(names.items(), start=1)
    }


def _id(name: str, number: int) -> str:
    """The name where it leaves room for what a demand's id adds; else its beginning, made unique by a number."""
    return name if len(name) <= FACILITY_ID_LENGTH_MAX else f"{name[: FACILITY_ID_LENGTH_MAX - 10]}~{number}"


def _supply(lot: StockLot, start: date, days: int) -> dict[str, Any]:
    supply: dict[str, Any] = {"id": lot.lot, "item": lot.item, "site": SITE, "quantity": lot.quantity}
    last_period = (lot.expiry - start).days if lot.expiry is not None else days
    if last_period < 0:
        supply["quantity"] = 0
    elif last_period < days:
        supply["until"] = last_period
    return supply


def _demand(need: TakenNeed, facility: str, rules: tuple[TierRule, ...], start: date) -> dict[str, Any]:
    due = max(0, (need.needed_by - start).days)
    return {
        "id": f"{facility}/{need.item}/{need.place}",
        "facility": facility,
        "item": need.item,
        "quantity": need.quantity,
        "due": due,
        "tier": tier_of(need.facility, rules),
    }
