"""Reads and writes the public plan format ``tongchou.plan/1`` (see plan-1.schema.json).

A plan may carry, all of it optional: ``reasons`` of a demand, ``gain`` of a limit, ``helps``, ``price_of_fairness``,
``certificates`` and ``relaxed``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..model.certificate import certificates_to_json, parse_certificates, parse_relaxed, relaxed_to_json
from ..model.errors import Fault, InvalidPlanError
from ..model.plan import (
    LIMIT_KINDS,
    STATUSES,
    BandOutcome,
    DemandOutcome,
    FairnessPrice,
    Gain,
    Help,
    Limit,
    Plan,
    Purchase,
    Reason,
    Shipment,
)
from ..model.schema import LARGEST
from ..model.validation import FAULTS_MAX, is_number, shown

FORMAT = "tongchou.plan/1"


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """The document of a plan."""
    document: dict[str, Any] = {
        "format": FORMAT,
        "problem_digest": plan.problem_digest,
        "status": plan.status,
        "demands": [_demand_json(row) for row in plan.demands],
        "shipments": [
            {"source": row.source, "demand": row.demand, "period": row.period, "quantity": row.quantity}
            for row in plan.shipments
        ],
        "purchases": [{"offer": row.offer, "quantity": row.quantity} for row in plan.purchases],
        "cost": plan.cost,
        "bands": [{"name": row.name, "levels": list(row.levels), "seconds": row.seconds} for row in plan.bands],
        "limits": [_limit_json(row) for row in plan.limits],
    }
    if plan.helps:
        document["helps"] = [_help_json(row) for row in plan.helps]
    if plan.price_of_fairness:
        document["price_of_fairness"] = [
            {"item": row.item, "asked": row.asked, "met": row.met, "most": row.most} for row in plan.price_of_fairness
        ]
    if plan.certificates:
        document["certificates"] = certificates_to_json(plan.certificates)
    if plan.relaxed:
        document["relaxed"] = relaxed_to_json(plan.relaxed)
    return document


def _demand_json(row: DemandOutcome) -> dict[str, Any]:
    cells: dict[str, Any] = {
        "demand": row.demand,
        "shares": list(row.shares),
        "quantity": row.quantity,
        "limits": list(row.limits),
    }
    if row.reasons:
        cells["reasons"] = [_reason_json(reason) for reason in row.reasons]
    return cells


def _reason_json(reason: Reason) -> dict[str, Any]:
    params = {name: list(value) if isinstance(value, tuple) else value for name, value in reason.params}
    return {"code": reason.code, **params}


def _limit_json(row: Limit) -> dict[str, Any]:
    cells: dict[str, Any] = {"id": row.id, "kind": row.kind, "demands": list(row.demands)}
    if row.gain is not None:
        cells["gain"] = {"unit": row.gain.unit, "level": row.gain.level}
    return cells


def _help_json(row: Help) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _HELP_KEYS}


_HELP_KEYS = ("limit", "unit", "quantity", "needs", "raised", "band", "before", "after")


def parse_plan(data: object) -> Plan:
    """The plan of a parsed JSON document.

    Raises InvalidPlanError with every fault and its JSON path. Whether the plan is right is for ``check_plan``.
    """
    if not isinstance(data, Mapping):
        raise InvalidPlanError([Fault("$", f"must be an object, not {shown(data)}")])
    reader = _Reader(data)
    reader.head()
    plan = Plan(
        problem_digest=data.get("problem_digest", ""),
        status=data.get("status", ""),
        cost=data.get("cost", 0.0),
        demands=reader.rows("demands", _DEMAND, _read_demand),
        shipments=reader.rows("shipments", _SHIPMENT, lambda row: Shipment(**row)),
        purchases=reader.rows("purchases", _PURCHASE, lambda row: Purchase(**row)),
        bands=reader.rows("bands", _BAND, lambda row: BandOutcome(**{**row, "levels": tuple(row["levels"])})),
        limits=reader.rows("limits", _LIMIT, _read_limit),
        helps=reader.rows("helps", _HELP, lambda row: Help(**row), optional=True),
        price_of_fairness=reader.rows("price_of_fairness", _PRICE, lambda row: FairnessPrice(**row), optional=True),
        certificates=parse_certificates(data.get("certificates", []), "$.certificates", reader.faults),
        relaxed=parse_relaxed(data.get("relaxed", []), "$.relaxed", reader.faults),
    )
    if reader.faults:
        raise InvalidPlanError(reader.faults[:FAULTS_MAX])
    return plan


Test = Callable[[object], bool]


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_units(value: object) -> bool:
    return type(value) is int and 0 <= value <= LARGEST


def _is_amount(value: object) -> bool:
    return is_number(value, 0, 1e18)


def _is_yuan(value: object) -> bool:
    return is_number(value, -1e30, 1e30)


def _is_share(value: object) -> bool:
    return is_number(value, 0, 1.000001)


def _list_of(test: Test) -> Test:
    return lambda value: isinstance(value, list) and all(map(test, value))


def _is_reason(value: object) -> bool:
    if not isinstance(value, dict) or not _is_id(value.get("code")):
        return False
    return all(type(cell) in (str, int, float) or _list_of(_is_id)(cell) for cell in value.values())


def _is_gain(value: object) -> bool:
    if not isinstance(value, dict) or set(value) != {"unit", "level"}:
        return False
    return _is_amount(value["unit"]) and _is_share(value["level"])


# What each key of a row must be; a key with a question mark may be left out.
_DEMAND: dict[str, tuple[Test, str]] = {
    "demand": (_is_id, "an id"),
    "shares": (_list_of(_is_share), "a list of shares from 0 to 1"),
    "quantity": (_is_amount, "a number of units"),
    "limits": (_list_of(_is_id), "a list of ids"),
    "reasons?": (_list_of(_is_reason), "a list of reasons with a code"),
}
_SHIPMENT: dict[str, tuple[Test, str]] = {
    "source": (_is_id, "an id"),
    "demand": (_is_id, "an id"),
    "period": (_is_units, "a whole number, 0 or more"),
    "quantity": (_is_units, "a whole number of units"),
}
_PURCHASE: dict[str, tuple[Test, str]] = {
    "offer": (_is_id, "an id"),
    "quantity": (_is_units, "a whole number of units"),
}
_BAND: dict[str, tuple[Test, str]] = {
    "name": (_is_id, "a name"),
    "levels": (_list_of(_is_share), "a list of levels from 0 to 1"),
    "seconds": (_is_amount, "a number of seconds"),
}
_LIMIT: dict[str, tuple[Test, str]] = {
    "id": (_is_id, "an id"),
    "kind": (lambda value: value in LIMIT_KINDS, f"one of {', '.join(LIMIT_KINDS)}"),
    "demands": (_list_of(_is_id), "a list of ids"),
    "gain?": (_is_gain, "a gain with unit and level"),
}
_HELP: dict[str, tuple[Test, str]] = {
    "limit": (_is_id, "an id"),
    "unit": (_is_amount, "a number"),
    "quantity": (_is_amount, "a number of units"),
    "needs?": (_is_amount, "a number of whole needs"),
    "raised": (_is_units, "a whole number"),
    "band": (_is_id, "a name"),
    "before": (_is_share, "a level from 0 to 1"),
    "after": (_is_share, "a level from 0 to 1"),
}
_PRICE: dict[str, tuple[Test, str]] = {
    "item": (_is_id, "an id"),
    "asked": (_is_amount, "a number of units"),
    "met": (_is_amount, "a number of units"),
    "most": (_is_amount, "a number of units"),
}
_KEYS = {"format", "problem_digest", "status", "demands", "shipments", "purchases", "cost", "bands", "limits"}
_OPTIONAL_KEYS = {"helps", "price_of_fairness", "certificates", "relaxed"}


class _Reader:
    """Reads the lists of a document and collects what is wrong."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        self.faults: list[Fault] = []

    def head(self) -> None:
        """Checks what is not a list."""
        data = self.data
        tests: dict[str, tuple[Test, str]] = {
            "format": (lambda value: value == FORMAT, repr(FORMAT)),
            "problem_digest": (_is_id, "a digest"),
            "status": (lambda value: value in STATUSES, f"one of {', '.join(STATUSES)}"),
            "cost": (_is_yuan, "a number of yuan"),
        }
        self.faults += [
            Fault(f"$.{key}", f"must be {wanted}, not {shown(data.get(key))}")
            for key, (test, wanted) in tests.items()
            if not test(data.get(key))
        ]
        self.faults += [
            Fault("$", f"{shown(key)} is not a key of a plan") for key in data if key not in _KEYS | _OPTIONAL_KEYS
        ]

    def rows(
        self,
        name: str,
        tests: Mapping[str, tuple[Test, str]],
        make: Callable[[dict[str, Any]], Any],
        *,
        optional: bool = False,
    ) -> tuple[Any, ...]:
        """The rows of a list; a row with a fault is left out."""
        rows = self.data.get(name, [] if optional else None)
        if not isinstance(rows, list):
            self.faults.append(Fault(f"$.{name}", f"must be a list, not {shown(rows)}"))
            return ()
        made = []
        for index, row in enumerate(rows):
            before = len(self.faults)
            self._row(f"$.{name}[{index}]", row, tests)
            if len(self.faults) == before:
                made.append(make(row))
        return tuple(made)

    def _row(self, path: str, row: object, tests: Mapping[str, tuple[Test, str]]) -> None:
        if not isinstance(row, dict):
            self.faults.append(Fault(path, f"must be an object, not {shown(row)}"))
            return
        known = {key.rstrip("?") for key in tests}
        self.faults += [Fault(path, f"{shown(key)} is not a known key") for key in row if key not in known]
        for key, (test, wanted) in tests.items():
            name = key.rstrip("?")
            if name not in row:
                if name == key:
                    self.faults.append(Fault(f"{path}.{name}", "is missing"))
            elif not test(row[name]):
                self.faults.append(Fault(f"{path}.{name}", f"must be {wanted}, not {shown(row[name])}"))


def _read_demand(row: dict[str, Any]) -> DemandOutcome:
    reasons = tuple(_read_reason(reason) for reason in row.get("reasons", ()))
    cells = {**row, "shares": tuple(row["shares"]), "limits": tuple(row["limits"]), "reasons": reasons}
    return DemandOutcome(**cells)


def _read_reason(row: dict[str, Any]) -> Reason:
    params = {key: tuple(cell) if isinstance(cell, list) else cell for key, cell in row.items() if key != "code"}
    return Reason(code=row["code"], params=tuple(sorted(params.items())))


def _read_limit(row: dict[str, Any]) -> Limit:
    gain = Gain(**row["gain"]) if "gain" in row else None
    return Limit(id=row["id"], kind=row["kind"], demands=tuple(row["demands"]), gain=gain)
