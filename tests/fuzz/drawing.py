"""Draws values for calls of the API from its OpenAPI document: mostly about things that exist, sometimes broken."""

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.conftest import TODAY

LISTS = {
    "item": "items", "serves_item": "items", "facility": "facilities", "facilities": "facilities",
    "places": "facilities", "warehouse": "facilities", "from_warehouse": "facilities",
    "to_warehouse": "facilities", "earmark": "facilities", "zone": "zones", "parent": "zones",
    "facility_type": "facility-types", "facility_types": "facility-types", "partner": "partners",
    "fund": "funds", "offer": "offers", "pledge": "pledges", "purchase_order": "purchase-orders",
    "requisition": "requisitions", "base_plan": "plans", "plan": "plans", "follows": "plans", "lot_id": "lots",
    "norm_set": "norm-sets", "vehicle_class": "vehicle-classes", "orders": "transfer-orders",
    "order": "transfer-orders", "trip": "trips", "login": "accounts", "session_id": "sessions",
    "raise_id": "tier-raises", "permission_id": "grade-permissions", "event_id": "stock-events",
    "seq": "audit-records", "alias": "item-aliases",
}  # fmt: skip
"""In which list the things are that a field names."""

TEXTS = [
    "口罩",
    "N95 口罩",
    "a",
    "",
    " ",
    "x" * 5000,
    "\x00",
    "\ud800",
    "‮",
    "'; DROP TABLE item --",
    "../..",
    "{x}",
    "%s",
]
NUMBERS = [0, 1, -1, 2, 10, 500, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 1.5, True]
DAYS = ["0001-01-01", "9999-12-31", "2020-02-30", "31.1.2020", "2020-01-31T00:00:00", ""]
BROKEN: list[Any] = [*TEXTS, *NUMBERS, *DAYS, None, [], {}, [None], {"a": 1}, [[]] * 3]


def list_of(path: str) -> str:
    """The list that a path is about: what stands after the prefix of the API."""
    return path.removeprefix("/api/v1/").partition("/")[0]


@dataclass
class Known:
    """Names of things that answers have shown, by the list that they are in."""

    names: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))

    def learn(self, path: str, body: Any) -> None:
        """Take the names out of an answer to this path."""
        rows = body.get("items", [body]) if isinstance(body, dict) else body
        for row in rows if isinstance(rows, list) else []:
            name = next((row[key] for key in ("code", "login", "id", "seq", "alias") if key in row), None)
            known = self.names[list_of(path)]
            if name is not None and name not in known:
                known.append(name)
                del known[:-40]

    def one(self, chance: random.Random, name: str) -> Any:
        """A thing of the list, or of none."""
        known = self.names.get(name)
        return chance.choice(known) if known and chance.random() < 0.95 else "nothing"


@dataclass
class Draw:
    """Values of schemas of one document."""

    document: Mapping[str, Any]
    chance: random.Random
    known: Known

    def value(self, schema: Mapping[str, Any], name: str = "") -> Any:
        """A value that the schema describes."""
        if "$ref" in schema:
            return self.value(self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], name)
        for several in ("anyOf", "oneOf"):
            if several in schema:
                return self.value(self.chance.choice(schema[several]), name)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.chance.choice(schema["enum"])
        drawn: Any = getattr(self, f"_{schema.get('type', 'string')}")(schema, name)
        return drawn

    def _object(self, schema: Mapping[str, Any], name: str) -> Any:
        needed = schema.get("required", [])
        return {
            key: self.value(part, key)
            for key, part in schema.get("properties", {}).items()
            if key in needed or self.chance.random() < 0.5
        }

    def _array(self, schema: Mapping[str, Any], name: str) -> Any:
        fewest = schema.get("minItems", 0)
        return [self.value(schema["items"], name) for _ in range(self.chance.randint(fewest, fewest + 2))]

    def _string(self, schema: Mapping[str, Any], name: str) -> Any:
        if schema.get("format") == "date":
            return TODAY.replace(day=self.chance.randint(25, 31)).isoformat()
        if name in LISTS:
            return str(self.known.one(self.chance, LISTS[name]))
        if "pattern" in schema:
            return f"{self.chance.choice('abc')}{self.chance.randint(0, 30)}"
        return self.chance.choice(["口罩", "N95 口罩", "reason enough", "hpqk7-3mzde-x9cwb"])

    def _integer(self, schema: Mapping[str, Any], name: str) -> Any:
        if name in LISTS and self.known.names.get(LISTS[name]):
            return self.known.one(self.chance, LISTS[name])
        low = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
        high = schema.get("maximum", low + 1000)
        return self.chance.choice([low, min(high, low + self.chance.randint(1, 100)), high])

    _number = _integer

    def _boolean(self, schema: Mapping[str, Any], name: str) -> Any:
        return self.chance.random() < 0.5

    def _null(self, schema: Mapping[str, Any], name: str) -> Any:
        return None

    def broken(self, value: Any) -> Any:
        """The value with something wrong somewhere in it."""
        if isinstance(value, dict) and value and self.chance.random() < 0.9:
            key = self.chance.choice(list(value))
            spoilt = {**value, key: self.broken(value[key])}
            if self.chance.random() < 0.2:
                del spoilt[key]
            return spoilt | ({"unknown": 1} if self.chance.random() < 0.05 else {})
        if isinstance(value, list) and value and self.chance.random() < 0.8:
            place = self.chance.randrange(len(value))
            return [*value[:place], self.broken(value[place]), *value[place + 1 :]]
        return self.chance.choice(BROKEN)
