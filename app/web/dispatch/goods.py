"""Quantities of a transfer order as people type and read them: weighed goods in kilograms, all else in base units."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.catalog.models import Item
from app.core.errors import Fault, Param, ServiceError
from app.dispatch.models import TransferOrder
from app.web.kit.error_texts import with_faults
from app.web.kit.forms import FormReader, Typed
from app.web.kit.rendering import Words

_QUANTITIES = frozenset({"wanted", "reserved", "arrived", "shipped", "missing", "told"})


def items_by_line(order: TransferOrder) -> Mapping[str, Item]:
    """What each line sends, by its position as a form has it."""
    return {str(line.position): line.item for line in order.lines}


def read_quantities(reader: FormReader, rows: Sequence[Any], names: Sequence[str], order: TransferOrder) -> None:
    """Put base units in place of what was typed in these fields of the rows, each of which names its line."""
    items = items_by_line(order)
    for n, row in enumerate(rows):
        if isinstance(row, dict):
            for name in names:
                reader.quantity(row, items.get(str(row.get("line"))), name, f"lots.{n}.")


def with_units(refusal: ServiceError, order: TransferOrder, words: Words) -> ServiceError:
    """The refusal with its quantities in the units of the lines that it speaks of."""
    items = items_by_line(order)
    return told_in_units(refusal, lambda fault: items.get(str(fault.params.get("line"))), words)


def told_in_units(refusal: ServiceError, item_of: Callable[[Fault], Item | None], words: Words) -> ServiceError:
    """The refusal with its quantities in the units of the items that its faults speak of."""
    return with_faults(refusal, [_with_units(fault, item_of(fault), words) for fault in refusal.faults])


def _with_units(fault: Fault, item: Item | None, words: Words) -> Fault:
    if item is None:
        return fault
    params: dict[str, Param] = {
        name: words.quantity(value, item.base_unit.value, exact=True)
        if name in _QUANTITIES and isinstance(value, int)
        else value
        for name, value in fault.params.items()
    }
    return fault.with_params(params)


def is_nothing(typed: Typed, name: str) -> bool:
    """Is a quantity left blank, or zero however it is written?"""
    return str(typed.get(name, "0")).strip("0.") == ""
