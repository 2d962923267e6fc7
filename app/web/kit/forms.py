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
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile

from app.core.errors import Fault, InvalidInputError, ServiceError
from app.core.http.idempotency import Answer, Call, answer_once
from app.core.http.problem_details import shape_fault
from app.core.work import Work

Payload = TypeVar("Payload", bound=BaseModel)
Typed = dict[str, Any]
"""Nested values: text, lists of rows, and mappings."""

FIELDS_MAX = 5_000
_PLAIN_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{0,9})?")
_DIGITS = re.compile(r"\d+|\d{1,3}(,\d{3})+")


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
        *path, last = name.split(".")
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
        return payload.model_validate(typed, strict=False)
    except ValidationError as error:
        raise InvalidInputError(*map(shape_fault, error.errors(include_url=False))) from error


def decimal_of(text: str) -> Decimal | None:
    """A number as people type it, full-width or with grouped thousands or a yuan sign; None where it is none.

    No exponents, and no more digits than anything here has: 1e999999 would be a number that nobody can write down.
    """
    plain = unicodedata.normalize("NFKC", text).replace(",", "").strip("¥ ")
    return Decimal(plain) if _PLAIN_DECIMAL.fullmatch(plain) else None


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
