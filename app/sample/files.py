"""Reads the sample's data files; every row is checked as if it came in over the API."""

from importlib.resources import files
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter

from app.interop.city.starters import FOLDER as STARTER_FOLDER
from app.interop.city.starters import SHARED

Row = TypeVar("Row", bound=BaseModel)

_FOLDER = files("app.sample") / "data"


def read_rows(name: str, row: type[Row]) -> list[Row]:
    """The rows of `<name>.json`, the starter's where it has them: the sample's catalogue is that of `zh-2020`.

    Raises `pydantic.ValidationError` naming every field that is wrong.
    """
    folder = STARTER_FOLDER if name in SHARED else _FOLDER
    return TypeAdapter(list[row]).validate_json((folder / f"{name}.json").read_bytes())  # type: ignore[valid-type]


def read_one(name: str, kind: type[Row]) -> Row:
    """The single object in `data/<name>.json`."""
    return kind.model_validate_json((_FOLDER / f"{name}.json").read_bytes())
