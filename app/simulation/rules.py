"""Other rules of sharing, to compare with: first come first served, in proportion to claims, the largest claim first.

Pure: a `tongchou.problem/1` document in, a `tongchou.plan/1` document out. They respect the same limits (lots,
earmarks, dates, lanes, trucks, money, reserves, whole packs) and send as early as they can; they know no tiers, no
bands and no days to come.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from app.simulation.types import Method

Row = Mapping[str, Any]
ROUNDS = 60
"""Halvings of the interval in which the common factor of a proportional division lies."""


def plan_document(problem: Row, method: Method, claims: Mapping[str, int]) -> dict[str, Any]:
    """The plan of another rule; `claims` says how much was asked for with each demand, before any review."""
    ledger = _Ledger(problem)
    demands: Sequence[Row] = problem.get("demands", ())
    if method is Method.FIRST_COME:
        for demand in sorted(demands, key=_by_submission):
            ledger.serve(demand, demand["quantity"])
    elif method is Method.LARGEST_CLAIM:
        for demand in sorted(demands, key=lambda row: (-claims[row["id"]], row["id"])):
            ledger.serve(demand, demand["quantity"])
    else:
        _share_by_claims(ledger, demands, claims)
    return ledger.document(method)


def _by_submission(demand: Row) -> tuple[str, int, str]:
    """Requisitions are numbered as they come in; of one, what is due first."""
    return demand["id"].partition("/")[0], demand["due"], demand["id"]


def _share_by_claims(ledger: "_Ledger", demands: Sequence[Row], claims: Mapping[str, int]) -> None:
    """Each item in proportion to the claims, nobody beyond what was approved; what then is left to the largest rest."""
    of_item: dict[str, list[Row]] = defaultdict(list)
    for demand in demands:
        of_item[demand["item"]].append(demand)
    targets: dict[str, float] = {}
    for item, rows in of_item.items():
        pairs = [(claims[row["id"]], row["quantity"]) for row in rows]
        factor = common_factor(pairs, ledger.units_of(item))
        targets |= {row["id"]: min(row["quantity"], factor * claims[row["id"]]) for row in rows}
    ordered = sorted(demands, key=lambda row: (row["due"], row["id"]))
    for demand in ordered:
        pack = ledger.packs.get(demand["item"], 1)
        ledger.serve(demand, int(targets[demand["id"]]) // pack * pack)
    for demand in sorted(ordered, key=lambda row: (-(targets[row["id"]] - ledger.served(row["id"])), row["id"])):
        ledger.serve(demand, demand["quantity"])


def common_factor(pairs: Sequence[tuple[int, int]], units: float) -> float:
    """The largest f with the sum of min(f * claim, cap) not above the units; 1 and more where all have their cap."""
    if not pairs or sum(cap for _, cap in pairs) <= units:
        return max((cap / claim for claim, cap in pairs if claim), default=1.0)
    low, high = 0.0, max(cap / claim for claim, cap in pairs if claim)
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        if sum(min(middle * claim, cap) for claim, cap in pairs) <= units:
            low = middle
        else:
            high = middle
    return low


@dataclass(frozen=True, slots=True)
class _Source:
    """A lot, arrival or offer that may serve an item."""

    row: Row
    ratio: float
    is_offer: bool


class _Ledger:
    """What is left of every limit while demands are served one after the other."""

    def __init__(self, problem: Row) -> None:
        self._problem = problem
        self.packs = {row["id"]: row.get("pack", 1) for row in problem["items"]}
        self._volumes = {row["id"]: row.get("volume", 0.0) for row in problem["items"]}
        supplies, offers = problem.get("supplies", ()), problem.get("offers", ())
        self._left = {row["id"]: row["quantity"] for row in (*supplies, *offers)}
        self._lanes = {(row["site"], row["facility"]): row for row in problem.get("lanes", ())}
        self._room = {(row["site"], row["period"]): row["volume"] for row in problem.get("capacities", ())}
        self._money = {row["id"]: row["amount"] for row in problem.get("funds", ())}
        self._free = self._unreserved(supplies)
        self._sources = self._by_item(supplies, offers)
        self._served: dict[str, float] = defaultdict(float)
        self._sent: dict[tuple[str, str, int], int] = defaultdict(int)
        self._bought: dict[str, int] = defaultdict(int)

    def _unreserved(self, supplies: Iterable[Row]) -> dict[str, int]:
        there: dict[str, int] = defaultdict(int)
        for row in supplies:
            there[row["item"]] += row["quantity"]
        return {row["item"]: max(0, there[row["item"]] - row["quantity"]) for row in self._problem.get("reserves", ())}

    def _by_item(self, supplies: Iterable[Row], offers: Iterable[Row]) -> dict[str, list[_Source]]:
        """Sources by the item that they may serve: that item before substitutes, stock before offers, by expiry."""
        stands_for: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for row in self._problem.get("substitutions", ()):
            stands_for[row["item"]].append((row["for"], row.get("ratio", 1.0)))
        found: dict[str, list[_Source]] = defaultdict(list)
        for rows, is_offer in ((supplies, False), (offers, True)):
            for row in rows:
                for item, ratio in [(row["item"], 1.0), *stands_for[row["item"]]]:
                    found[item].append(_Source(row, ratio, is_offer))
        return {item: sorted(rows, key=lambda one: _shelf_order(one, item)) for item, rows in found.items()}

    def units_of(self, item: str) -> float:
        """What there is of an item itself, beyond its reserve."""
        own = [one for one in self._sources.get(item, ()) if one.row["item"] == item]
        stock = sum(self._left[one.row["id"]] for one in own if not one.is_offer)
        bought = sum(self._left[one.row["id"]] for one in own if one.is_offer)
        return float(min(stock, self._free.get(item, stock)) + bought)

    def served(self, demand: str) -> float:
        """What a demand has so far, in units of the item asked for."""
        return self._served[demand]

    def serve(self, demand: Row, up_to: int) -> None:
        """Send to a demand until it has so much; the last pack may bring more."""
        for source in self._sources.get(demand["item"], ()):
            missing = up_to - self._served[demand["id"]]
            if missing <= 0:
                return
            if self._may_go(source, demand):
                self._send(source, demand, missing)

    def _may_go(self, source: _Source, demand: Row) -> bool:
        row = source.row
        if "earmark" in row and demand["facility"] not in row["earmark"]:
            return False
        if row.get("until") is not None and row["until"] < demand["due"]:
            return False
        if (row["site"], demand["facility"]) not in self._lanes:
            return False
        return row["item"] == demand["item"] or demand["facility"] in self._users(row["item"], demand["item"])

    def _users(self, item: str, serves: str) -> Sequence[str]:
        for row in self._problem.get("substitutions", ()):
            if (row["item"], row["for"]) == (item, serves):
                users: Sequence[str] = row.get("facilities") or [one["id"] for one in self._problem["facilities"]]
                return users
        return ()

    def _send(self, source: _Source, demand: Row, missing: float) -> None:
        row = source.row
        pack = self.packs.get(row["item"], 1)
        lane = self._lanes[row["site"], demand["facility"]]
        last = min(self._problem["periods"] - 1, demand["due"] - lane.get("days", 0))
        departures = lane.get("departures")
        for period in range(row.get("from", 0), last + 1):
            if departures is not None and period not in departures:
                continue
            wanted = ceil(ceil(missing / source.ratio) / pack) * pack
            units = min(wanted, self._most(source, period)) // pack * pack
            if units > 0:
                self._take(source, period, units)
                self._sent[row["id"], demand["id"], period] += units
                self._served[demand["id"]] += units * source.ratio
                missing -= units * source.ratio
            if missing <= 0:
                return

    def _most(self, source: _Source, period: int) -> int:
        """Units that a source, its reserve, its money and its trucks still allow on a day."""
        row = source.row
        most: int = self._left[row["id"]]
        if not source.is_offer:
            most = min(most, self._free.get(row["item"], most))
        elif row.get("fund") is not None and row.get("unit_price", 0.0) > 0:
            most = min(most, int(self._money[row["fund"]] / row["unit_price"]))
        volume = self._volumes[row["item"]]
        if volume > 0 and (row["site"], period) in self._room:
            most = min(most, int(self._room[row["site"], period] / volume))
        return most

    def _take(self, source: _Source, period: int, units: int) -> None:
        row = source.row
        self._left[row["id"]] -= units
        if not source.is_offer and row["item"] in self._free:
            self._free[row["item"]] -= units
        if source.is_offer:
            self._bought[row["id"]] += units
            if row.get("fund") is not None:
                self._money[row["fund"]] -= units * row.get("unit_price", 0.0)
        if (row["site"], period) in self._room:
            self._room[row["site"], period] -= units * self._volumes[row["item"]]

    def document(self, method: Method) -> dict[str, Any]:
        """The plan, marked with its rule; nothing in it is proved, and no limit is blamed for what is missing."""
        demands: Sequence[Row] = self._problem.get("demands", ())
        bands = self._problem.get("bands", ())
        prices = {row["id"]: row.get("unit_price", 0.0) for row in self._problem.get("offers", ())}
        return {
            "format": "tongchou.plan/1",
            "method": method.value,
            "status": "optimal",
            "demands": [self._outcome(row, len(bands), method) for row in demands],
            "shipments": [
                {"source": source, "demand": demand, "period": period, "quantity": units}
                for (source, demand, period), units in sorted(self._sent.items())
            ],
            "purchases": [{"offer": offer, "quantity": units} for offer, units in sorted(self._bought.items())],
            "cost": sum(prices[offer] * units for offer, units in self._bought.items()),
            "bands": [{"name": row["name"], "levels": [], "seconds": 0.0} for row in bands],
            "limits": [],
        }

    def _outcome(self, demand: Row, bands: int, method: Method) -> dict[str, Any]:
        served = self._served[demand["id"]]
        share = min(1.0, served / demand["quantity"])
        reasons = [] if share >= 1 else [{"code": method.value}]
        return {"demand": demand["id"], "shares": [share] * bands, "quantity": int(served), "reasons": reasons}


def _shelf_order(source: _Source, item: str) -> tuple[bool, bool, bool, float, int, str]:
    row = source.row
    until = row.get("until")
    return (
        row["item"] != item,
        source.is_offer,
        "earmark" not in row,
        float("inf") if until is None else until,
        row.get("from", 0),
        row["id"],
    )
