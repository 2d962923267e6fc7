"""Reads the sample's data files; every row is checked as if it came in over the API."""

from importlib.resources import files
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter

Row = TypeVar("Row", bound=BaseModel)

_FOLDER = files("app.sample") / "data"


def read_rows(name: str, row: type[Row]) -> list[Row]:
    """The rows of `data/<name>.json`; raises `pydantic.ValidationError` naming every field that is wrong."""
    return TypeAdapter(list[row]).validate_json((_FOLDER / f"{name}.json").read_bytes())  # type: ignore[valid-type]


def read_one(name: str, kind: type[Row]) -> Row:
    """The single object in `data/<name>.json`."""
    return kind.model_validate_json((_FOLDER / f"{name}.json").read_bytes())
