"""Appeals as JSON: a list of `{"name", "city", "district", "supplies": [{"key", "value", "specification"}]}`.

The shape in which volunteers of the project wuhan2020 collected the appeals of hospitals in January 2020. A value of
1 or null means: wanted, quantity not given. Keys that are not named here are not read.
"""

import json
from pathlib import Path
from typing import Any

from app.core.errors import Fault, InvalidInputError
from app.interop.errors import UnreadableFileError
from app.interop.needs import (
    NAME_LENGTH_MAX,
    REASON_LENGTH_MAX,
    NeedFile,
    StatedNeed,
    quantity_faults,
    text_faults,
    tidy,
)
from app.interop.sheets.files import read_bytes

APPEALS_MAX = 20_000
SUPPLIES_MAX = 1_000
PLACEHOLDER = 1
"""A value that says no more than that the thing is wanted."""


def read_appeals(path: Path) -> NeedFile:
    """The needs of a JSON file of appeals.

    Raises `UnreadableFileError` for what is no list of appeals, `InvalidInputError` with every fault and its path.
    """
    appeals = _document(path)
    faults: list[Fault] = []
    needs: list[StatedNeed] = []
    without: list[tuple[str, str]] = []
    for at, appeal in enumerate(appeals):
        place = f"[{at}]"
        if not isinstance(appeal, dict):
            faults.append(Fault("dict_type", "This must be an object.", place))
            continue
        facility = _text(appeal, "name", place, faults)
        district = _text(appeal, "district", place, faults, required=False)
        supplies = appeal.get("supplies")
        if not isinstance(supplies, list) or len(supplies) > SUPPLIES_MAX:
            message = "This must be a list of at most {max_length} entries."
            faults.append(Fault("list_type", message, f"{place}.supplies", {"max_length": SUPPLIES_MAX}))
            continue
        if not supplies:
            without.append((place, facility))
        for index, supply in enumerate(supplies):
            need = _need(supply, f"{place}.supplies[{index}]", facility, district, faults)
            if need is not None:
                needs.append(need)
    InvalidInputError.raise_if(faults)
    return NeedFile(records=len(appeals), needs=tuple(needs), without_needs=tuple(without))


def _document(path: Path) -> list[Any]:
    def refuse_constant(name: str) -> object:
        raise ValueError(f"{name} is not a number of JSON")

    try:
        document = json.loads(read_bytes(path).decode("utf-8-sig"), parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:  # broken text or JSON, endless digits, endless nesting
        message = "The file is not proper JSON: {error}."
        raise UnreadableFileError(Fault("not_json", message, path.name, {"error": str(error)[:200]})) from error
    if not isinstance(document, list) or len(document) > APPEALS_MAX:
        message = "The file must hold a list of at most {max_length} appeals."
        raise UnreadableFileError(Fault("not_appeals", message, path.name, {"max_length": APPEALS_MAX}))
    return document


def _text(
    record: dict[str, Any],
    key: str,
    place: str,
    faults: list[Fault],
    *,
    required: bool = True,
    length_max: int = NAME_LENGTH_MAX,
) -> str:
    value = record.get(key)
    if value is None:
        value = ""
    if not isinstance(value, str):
        faults.append(Fault("string_type", "This must be text.", f"{place}.{key}"))
        return ""
    text = tidy(value)
    faults += text_faults(text, f"{place}.{key}", length_max=length_max, required=required)
    return text


def _need(supply: Any, place: str, facility: str, district: str, faults: list[Fault]) -> StatedNeed | None:
    if not isinstance(supply, dict):
        faults.append(Fault("dict_type", "This must be an object.", place))
        return None
    name = _text(supply, "key", place, faults)
    specification = _text(supply, "specification", place, faults, required=False, length_max=REASON_LENGTH_MAX)
    value = supply.get("value")
    if value is not None:
        faults += quantity_faults(value, f"{place}.value")
    return StatedNeed(
        place=place,
        facility=facility,
        district=district,
        item_name=name,
        quantity=None if value == PLACEHOLDER else value,
        needed_by=None,
        reason=specification,
    )
