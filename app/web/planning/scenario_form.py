"""The form of a scenario: what was typed becomes the changes of the REST call, and faults find their fields again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.catalog.models import Item
from app.core.errors import Fault, InvalidInputError, ServiceError
from app.planning.plans.models import AllocationPlan
from app.planning.scenarios.schemas import NewScenario
from app.planning.scenarios.service import BaseFacts
from app.web.kit.forms import Typed, validated
from app.web.kit.units import units_of

NEED_ROWS, PURCHASE_ROWS, LOST_ROWS = 3, 2, 2

# The field of the form that stands for a whole change of a kind, and those that keep their names below its place.
_WHOLE = {"need": "percent", "arrivals_late": "days", "purchase": "item"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedChange:
    """A change as it was typed, and the place in the form where it stands."""

    change: Mapping[str, Any]
    place: str


def first_values(plan: AllocationPlan, facts: BaseFacts) -> Typed:
    """What the form shows at first: no change, and the policy as the plan has it."""
    return {"base_plan": plan.code, "caps": caps_of(facts)}


def caps_of(facts: BaseFacts) -> Mapping[str, Mapping[str, str]]:
    """The caps of the bands in per cent, by band and tier as the form names them."""
    return {
        f"b{position}": {f"t{tier}": _percent(caps.get(tier)) for tier in facts.tiers}
        for position, caps in enumerate(facts.band_caps)
    }


def _percent(cap_permille: int | None) -> str:
    return "" if cap_permille is None else f"{cap_permille / 10:g}"


def _rows(typed: Typed, name: str) -> list[Any]:
    rows = typed.get(name)
    return rows if isinstance(rows, list) else []


def typed_changes(typed: Typed, facts: BaseFacts, items: Mapping[str, Item]) -> Iterator[TypedChange]:
    """The changes in the order of the form; raises `InvalidInputError` where a quantity is no number."""
    for position, row in enumerate(_rows(typed, "needs")):
        if isinstance(row, dict) and set(row) & {"percent", "tier", "item"}:
            yield TypedChange(change={"kind": "need", **row}, place=f"needs.{position}")
    late = typed.get("late")
    if isinstance(late, dict) and "days" in late:
        yield TypedChange(change={"kind": "arrivals_late", **late}, place="late")
    for position, channel in enumerate(_rows(typed, "lost_channels")):
        yield TypedChange(change={"kind": "channel_lost", "channel": channel}, place=f"lost_channels.{position}")
    for position, warehouse in enumerate(_rows(typed, "lost_warehouses")):
        yield TypedChange(
            change={"kind": "warehouse_lost", "warehouse": warehouse}, place=f"lost_warehouses.{position}"
        )
    for position, row in enumerate(_rows(typed, "purchases")):
        if isinstance(row, dict) and set(row) & {"item", "quantity"}:
            yield TypedChange(change=_purchase(row, items, position), place=f"purchases.{position}")
    yield from _edited_caps(typed, facts)


def _purchase(row: Mapping[str, Any], items: Mapping[str, Item], position: int) -> Mapping[str, Any]:
    item = items.get(str(row.get("item")))
    if item is None or "quantity" not in row:
        return {"kind": "purchase", **row}
    units = units_of(str(row["quantity"]), item, f"purchases.{position}.quantity")
    if isinstance(units, Fault):
        raise InvalidInputError(units)
    return {"kind": "purchase", **row, "quantity": units}


def _edited_caps(typed: Typed, facts: BaseFacts) -> Iterator[TypedChange]:
    caps, before = typed.get("caps"), caps_of(facts)
    for band, tiers in before.items():
        edited = caps.get(band) if isinstance(caps, dict) else None
        for tier, cap in tiers.items():
            text = str(edited.get(tier, "")) if isinstance(edited, dict) else ""
            if text and text != cap:
                change = {"kind": "cap", "band": band[1:], "tier": tier[1:], "cap_permille": _permille(text)}
                yield TypedChange(change=change, place=f"caps.{band}.{tier}")


def _permille(text: str) -> object:
    """Thousandths of a percentage; what is none is left for the payload to refuse."""
    try:
        return round(float(text) * 10) if abs(float(text)) < 10**6 else text
    except ValueError:
        return text


def read_scenario(typed: Typed, facts: BaseFacts, items: Mapping[str, Item]) -> tuple[NewScenario, list[TypedChange]]:
    """The scenario that a form asks for, and where each of its changes stands in the form.

    Raises `InvalidInputError` with every fault at its field. `typed` is left as it is, to be shown again.
    """
    changes = list(typed_changes(typed, facts, items))
    if not changes:
        raise InvalidInputError.of("Change at least one thing.", code="nothing_changed")
    payload = {
        "title": typed.get("title"),
        "base_plan": typed.get("base_plan"),
        "changes": [one.change for one in changes],
    }
    try:
        return validated(NewScenario, {key: value for key, value in payload.items() if value is not None}), changes
    except InvalidInputError as refusal:
        raise at_their_fields(refusal, changes) from refusal


def at_their_fields(refusal: ServiceError, changes: Sequence[TypedChange]) -> InvalidInputError:
    """The same refusal with the fields of the form in place of those of the payload."""
    return InvalidInputError(*(one.at(_field(one.where, changes)) for one in refusal.faults))


def _field(where: str, changes: Sequence[TypedChange]) -> str:
    root, _, rest = where.partition(".")
    position, _, inner = rest.partition(".")
    if root != "changes" or not position.isdigit():
        return where
    one = changes[int(position)]
    whole = _WHOLE.get(str(one.change["kind"]))
    if whole is None:
        return one.place
    # A payload's own fault also names the kind: changes.0.need.percent.
    name = inner.rpartition(".")[2]
    return f"{one.place}.{name if name and name != one.change['kind'] else whole}"
