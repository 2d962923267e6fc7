"""Forms: what a person typed becomes the payload that the same call over REST takes, or comes back with every fault.

Fields are named by their path in the payload: `facility`, `lines.0.item`. `typed` makes the nested values; `validated`
reads them as a payload. A page that is refused renders the form again with a `Form`, which knows what was typed and
which fault belongs to which field.
"""

import hashlib
import json
import re
import secrets
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, TypeVar, get_args, get_origin

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile

from app.catalog.models import Item
from app.core.errors import Fault, InvalidInputError, ServiceError, missing
from app.core.http.idempotency import Answer, Call, answer_once
from app.core.http.payloads import FIRST_DAY
from app.core.http.problem_details import shape_fault
from app.core.work import Work
from app.web.kit.choices import Names, item_names, items_in_use
from app.web.kit.units import decimal_of, microyuan_of, read_day, units_of

Payload = TypeVar("Payload", bound=BaseModel)
Typed = dict[str, Any]
"""Nested values: text, lists of rows, and mappings."""

FIELDS_MAX = 5_000
PARTS_MAX = 8
"""No name of a field has more parts after its first; deeper ones would exhaust the stack."""
PART_LETTERS_MAX = 100
"""No part of a name is longer; Python refuses to read numbers of thousands of digits."""
CONFIRMED_BY = "confirmed_by"
"""The field in which a person types their own name to confirm what a page has shown."""
_DIGITS = re.compile(r"\d+|\d{1,3}(,\d{3})+")

RESUMED = "resumed"
"""The field that asks for a form with all that was typed, without doing anything."""


def _plain_number(text: str) -> str:
    """Digits of a Chinese input method and grouped thousands as plain digits; everything else as it was typed."""
    folded = unicodedata.normalize("NFKC", text)
    return folded.replace(",", "") if _DIGITS.fullmatch(folded) else text


def nested(fields: Sequence[tuple[str, str]]) -> Typed:
    """`lines.0.item` and its like as nested values; fields left blank are left out, and so are rows wholly blank."""
    tree: Typed = {}
    for name, text in fields:
        value = _plain_number(text.strip())
        if value == "":
            continue
        *path, last = name.split(".", PARTS_MAX)
        if "." in last or any(len(part) > PART_LETTERS_MAX for part in (*path, last)):
            where = name[:PART_LETTERS_MAX]
            raise InvalidInputError.of("This field is not known here.", where=where, code="unknown_field")
        place = tree
        for part in path:
            inner = place.setdefault(part, {})
            if not isinstance(inner, dict):
                raise InvalidInputError.of("This field is not known here.", where=name, code="unknown_field")
            place = inner
        place[last] = value
    return {name: _as_list(value) for name, value in tree.items()}


def _as_list(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _as_list(one) for name, one in value.items()}
    if inner and all(name.isascii() and name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def flat(values: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Nested values as the fields of a form: what `nested` was made of."""
    fields: list[tuple[str, str]] = []
    for name, value in values.items():
        path = f"{before}{name}"
        if isinstance(value, Mapping):
            fields += flat(value, f"{path}.")
        elif isinstance(value, Sequence) and not isinstance(value, str):
            fields += flat({str(n): one for n, one in enumerate(value)}, f"{path}.")
        else:
            fields.append((path, str(value)))
    return fields


async def _typed(request: Request) -> Typed:
    form = await request.form(max_fields=FIELDS_MAX)
    return nested([(name, value) for name, value in form.multi_items() if not isinstance(value, UploadFile)])


TypedForm = Annotated[Typed, Depends(_typed)]
"""For a route: what was typed into its form, without files."""


async def _chosen(request: Request) -> list[str]:
    form = await request.form(max_fields=FIELDS_MAX)
    return [value for value in form.getlist("chosen") if isinstance(value, str)]


Chosen = Annotated[list[str], Depends(_chosen)]
"""For a route: the rows of a list whose boxes were ticked (`Listing.chosen_by`), in the form with the id `bulk`."""


def validated(payload: type[Payload], typed: Mapping[str, Any]) -> Payload:
    """What was typed, as the payload of the REST call; raises `InvalidInputError` with every fault by its field.

    `form_key` and other fields of the page itself are not for here: take them out first.
    """
    try:
        return payload.model_validate(_with_days(payload, typed), strict=False)
    except ValidationError as error:
        raise InvalidInputError(*map(shape_fault, error.errors(include_url=False))) from error


def _with_days(kind: Any, typed: Any) -> Any:
    """What was typed, with its days as the payload takes them; what is no day stays, for the payload to refuse."""
    if isinstance(typed, str) and kind is date:
        try:
            return read_day(typed).isoformat()
        except InvalidInputError:
            return typed
    if isinstance(typed, Mapping) and isinstance(kind, type) and issubclass(kind, BaseModel):
        known = {name: field.annotation for name, field in kind.model_fields.items()}
        return {name: _with_days(known.get(name), value) for name, value in typed.items()}
    for inner in get_args(kind):
        if isinstance(typed, list) and get_origin(kind) is not Annotated:
            typed = [_with_days(inner, one) for one in typed]
        else:
            typed = _with_days(inner, typed)
    return typed


def take_amount(typed: Typed, name: str, *, into: str, per_unit: int) -> None:
    """Move an amount like 12.5 from one field to another as a whole number of its smallest part.

    Yuan into fen: `per_unit=100`; yuan into microyuan: 1,000,000. Raises `InvalidInputError` naming the field.
    """
    text = typed.pop(name, None)
    if text is None:
        return
    number = decimal_of(str(text))
    if number is None:
        raise InvalidInputError.of("This must be an amount like 12.50.", where=name, code="not_an_amount")
    parts = number * per_unit
    whole = int(parts)
    if whole != parts:
        raise InvalidInputError.of("This has too many decimals.", where=name, code="too_many_decimals")
    typed[into] = whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form as it is shown: what stands in its fields, and what is wrong with them.

    `key` makes a repeated sending harmless: see `done_once`.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    refusal: ServiceError | None = None
    key: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def value(self, path: str) -> str:
        """The text in the field with this path; empty where there is none."""
        place: Any = self.values
        for part in path.split("."):
            if isinstance(place, Mapping):
                place = place.get(part)
            elif isinstance(place, Sequence) and not isinstance(place, str) and part.isdigit():
                place = place[int(part)] if int(part) < len(place) else None
            else:
                return ""
        return "" if place is None else str(place)

    def hidden_fields(self) -> list[tuple[str, str]]:
        """What was typed, to be sent again by a page that asks for a confirmation."""
        return [(name, text) for name, text in flat(self.values) if name not in ("form_key", CONFIRMED_BY)]

    def rows(self, path: str, *, at_least: int = 1) -> range:
        """Positions of the rows of a table of lines: those filled, and blank ones up to `at_least`."""
        lines = self.values.get(path)
        return range(max(len(lines) if isinstance(lines, Sequence) and not isinstance(lines, str) else 0, at_least))

    def faults(self, path: str) -> Sequence[Fault]:
        """What is wrong with this field."""
        return [fault for fault in self.all_faults if fault.where == path]

    @property
    def all_faults(self) -> Sequence[Fault]:
        """Everything that is wrong, in the order found."""
        return self.refusal.faults if self.refusal is not None else ()


def done_once(request: Request, work: Work, typed: Typed, act: Callable[[], str]) -> str:
    """Do what a form asks for, once: the same form sent again (a double click, Back) leads to the first result.

    `act` answers the address that the person is led to; it runs in the caller's transaction. The form carries its
    key in the hidden field `form_key`, which is taken out of `typed` here, before `act` runs.
    """
    key = typed.pop("form_key", None)
    if not isinstance(key, str) or not re.fullmatch(r"[A-Za-z0-9_-]{16,64}", key):
        return act()
    body = json.dumps([request.url.path, typed], sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(body.encode()).hexdigest()
    call = Call(key=f"form:{key}", address=digest, fingerprint=digest)

    def answer() -> Answer:
        return Answer(status=200, body=json.dumps(act()).encode())

    kept, _ = answer_once(work.session, call, work.actor.name, work.now, answer, secret=False)
    address: str = json.loads(kept.body or b'"/"')
    return address


UNKNOWN = "unknown"
"""Stands for what nobody knows, so that the rest of the form can be judged too."""


class FormReader:
    """Reads one form; what it cannot read is told at its field, together with what the payload finds."""

    def __init__(self, session: Session) -> None:
        self._names = item_names(session)
        self.items = items_in_use(session)
        self.faults: list[Fault] = []

    def name(self, row: Typed, field: str, names: Names, what: str, at: str = "") -> None:
        """Put the code of what was typed in place of a name; `at` is the path of the row: `lines.0.`."""
        text = row.get(field)
        if not isinstance(text, str):
            return
        code = names.code(text)
        if code is None:
            self.faults.append(missing(what, text, where=f"{at}{field}"))
        row[field] = code or UNKNOWN

    def item(self, row: Typed, at: str = "") -> Item | None:
        """The item of a row, its name replaced by its code."""
        self.name(row, "item", self._names, "item", at)
        return self.items.get(str(row.get("item")))

    def quantity(self, row: Typed, item: Item | None, field: str, at: str = "") -> None:
        """Put base units in place of what was typed for people's own unit."""
        if isinstance(row.get(field), str) and item is not None:
            self._put(row, field, field, units_of(row[field], item, f"{at}{field}"))

    def day(self, row: Typed, field: str, at: str = "", *, since: date | None = None) -> date | None:
        """Put a day as the payload has it in place of what was typed; the day, None where there is none."""
        text = row.get(field)
        if not isinstance(text, str):
            return None
        try:
            day = read_day(text, since=since)
        except InvalidInputError as refusal:
            self.faults += [one.at(f"{at}{field}") for one in refusal.faults]
            day = None
        row[field] = (day or FIRST_DAY).isoformat()
        return day

    def price(self, row: Typed, item: Item | None, at: str = "") -> None:
        """Put microyuan a base unit in place of yuan."""
        text = row.pop("unit_price", None)
        if isinstance(text, str) and item is not None:
            self._put(row, "unit_price", "unit_price_microyuan", microyuan_of(text, item, f"{at}unit_price"))

    def _put(self, row: Typed, field: str, into: str, read: int | Fault) -> None:
        row.pop(field, None)
        if isinstance(read, Fault):
            self.faults.append(read)
            row[into] = 1
        else:
            row[into] = read

    def payload(self, kind: type[Payload], typed: Mapping[str, Any], at: str = "") -> Payload | None:
        """What was typed as a payload; None, and the faults noted, where it is not valid."""
        try:
            return validated(kind, typed)
        except InvalidInputError as refusal:
            told = {fault.where for fault in self.faults}
            self.faults += [fault.at(at + fault.where) for fault in refusal.faults if at + fault.where not in told]
            return None

    def finished(self, payload: BaseModel | None) -> None:
        """Raise `InvalidInputError` with all that could not be read."""
        InvalidInputError.raise_if(self.faults)
        assert payload is not None, "a payload that is missing has its faults"


def rows_of(typed: Typed, field: str) -> list[Typed]:
    """The rows of a table of lines; rows wholly blank are not among them."""
    rows = typed.get(field)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, Sequence) else []


def whole_payload(reader: FormReader, kind: type[Payload], typed: Mapping[str, Any]) -> Payload:
    """The payload of a form; raises `InvalidInputError` with everything that is wrong with it."""
    payload = reader.payload(kind, typed)
    reader.finished(payload)
    assert payload is not None
    return payload
