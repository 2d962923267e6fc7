"""What all API payloads share: strict types with bounds, and the bases of what comes in and what goes out."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Self, TypeVar

from fastapi import Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

Kind = TypeVar("Kind")

QUANTITY_MAX = 10**12
"""No quantity, price or amount is larger; 64 bits hold a million of them added up."""


def _plain(text: str) -> str:
    """Refuse what one of the two databases would refuse or garble: NUL, other control characters, lone surrogates."""
    if any((ord(letter) < 32 and letter not in "\n\t") or 0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise ValueError("contains control characters or broken Unicode")
    return text


class Payload(BaseModel):
    """Base of everything that comes in: unknown fields, NaN and loosely typed values are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, str_strip_whitespace=True)


def unchanged() -> Any:
    """Default of a field of a `Change`: it may be left out, and null is only allowed where the type says so."""
    return Field(default_factory=lambda: None)


class Change(Payload):
    """Base of PATCH payloads: only the fields that the caller names are changed."""

    def given(self) -> dict[str, Any]:
        """The fields that the caller named, with their new values."""
        return {name: getattr(self, name) for name in sorted(self.model_fields_set)}


class View(BaseModel):
    """Base of everything that goes out; built from table rows by attribute."""

    model_config = ConfigDict(from_attributes=True)

    @classmethod
    def snapshot(cls, row: object) -> dict[str, Any]:
        """The row as it is shown, in plain JSON values: what the audit trail keeps of it."""
        return cls.model_validate(row).model_dump(mode="json")

    @classmethod
    def of(cls, row: object) -> Self:
        """The row as it is shown."""
        return cls.model_validate(row)


Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""A business key: letters, digits, dot, dash, underscore; at most 64."""

CodeOf = Annotated[str, BeforeValidator(lambda row: getattr(row, "code", row))]
"""In views: the business code of a related row."""

Choice = Annotated[Kind, Field(strict=False)]
"""In payloads: a value of an enumeration, given as its text; `Choice[Program]`."""


def _day(value: object) -> object:
    # pydantic's own lax reading would also take timestamps, as numbers or digits, for days.
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return value
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise PydanticCustomError("date_type", "This must be a date like 2020-01-31.")


FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)

Day = Annotated[date, Field(strict=False, ge=FIRST_DAY, le=LAST_DAY), BeforeValidator(_day)]
"""A day of the city, written 2020-01-31; years 2000 to 2100."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_plain)]
Text = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_plain)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_plain)]
Contact = Annotated[str, StringConstraints(max_length=200), AfterValidator(_plain)]


def _one_line(text: str) -> str:
    if "\n" in text or "\t" in text:
        raise ValueError("must be one line, without tabs")
    return text


LotCode = Annotated[
    str, StringConstraints(min_length=1, max_length=64), AfterValidator(_plain), AfterValidator(_one_line)
]
"""The number of a lot as it is printed on its packages: spaces, slashes and small letters are taken as they are."""
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(_plain)]

SearchBoxText = Annotated[str, StringConstraints(max_length=200), AfterValidator(_plain), Query()]
"""What stands in a page's search box; it may be empty."""
SearchText = Annotated[Name, Query(description="A part of the code or of a name.")]

Units = Annotated[int, Field(ge=0, le=QUANTITY_MAX, description="Whole base units of the item.")]
PositiveUnits = Annotated[int, Field(ge=1, le=QUANTITY_MAX, description="Whole base units of the item.")]
Fen = Annotated[int, Field(ge=0, le=10**15, description="Money in fen (1/100 yuan).")]
Microyuan = Annotated[int, Field(ge=0, le=QUANTITY_MAX, description="Price per base unit in millionths of a yuan.")]
Count = Annotated[int, Field(ge=0, le=10**8, description="Beds, people, visits.")]
Days = Annotated[int, Field(ge=0, le=3660)]
Identifier = Annotated[int, Field(ge=1, le=2**63 - 1)]
