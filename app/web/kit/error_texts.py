"""Refusals in the words of people: names for codes, yuan for fen, kilograms for grams, fields of the page."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.core.errors import Fault, Param, ServiceError
from app.facilities.models import Facility
from app.notices.models import Notice
from app.partners.models import Partner
from app.procurement.models import FundSource
from app.web.kit.rendering import Words

_SPOKEN: Mapping[str, str] = {
    "fund_overspent": "“{fund}” has not enough left: {missing_fen} are missing. It holds {amount_fen}; with this, "
    "{committed_fen} would be committed.",
    "fund_overspent_warning": "“{fund}” is overspent by {missing_fen}.",
    "amount_too_large": "The order costs {total_fen}; at most {amount_fen_max} are allowed.",
    "fund_missing": "A fund must be named: the order costs {total_fen}.",
    "price_above_offer": "The price is above that of offer {offer}.",
    "over_delivery": "{document} has {open} of {item} open; {accepted} cannot be accepted.",
    "possible_duplicate": "{partner} delivered {quantity} of {item} on {day} already, by {receipt}.",
    "more_than_rejected": "{waiting} of {item} wait on line {line}; {units} cannot go.",
    "reason_missing": "A reason is needed.",
}
"""What is said on a page instead of the message that programs get, by the code of the fault."""

_FIELDS = {"unit_price_microyuan": "unit_price", "amount_fen": "amount"}
"""Fields that are typed in another unit than the payload has them in."""

_NAMED: Mapping[str, type[Any]] = {
    "item": Item,
    "asked_item": Item,
    "partner": Partner,
    "fund": FundSource,
    "place": Facility,
    "from_place": Facility,
}
_QUANTITIES = frozenset(
    {"open", "accepted", "wanted", "available", "quantity", "waiting", "units", "counted", "expected"}
)


def in_plain_words(session: Session, refusal: ServiceError, words: Words, *, part: str = "") -> ServiceError:
    """The same refusal, said for people; `part` comes before the names of the form's fields."""
    before = f"{part}." if part else ""
    return with_faults(refusal, [_spoken(session, fault, words, before) for fault in refusal.faults])


def faults_in_plain_words(session: Session, faults: Sequence[Fault], words: Words) -> list[Fault]:
    """The same faults, said for people, where nothing was refused yet."""
    return [_spoken(session, fault, words, "") for fault in faults]


def notice_text(session: Session, notice: Notice, language: str) -> str:
    """What a notice says in a language, with names for codes."""
    words = Words(language)
    [told] = faults_in_plain_words(session, [notice.told], words)
    return words(told.message, **told.params)


def _spoken(session: Session, fault: Fault, words: Words, part: str) -> Fault:
    params: dict[str, Param] = dict(fault.params)
    item = _row(session, Item, params.get("item"))
    for name, value in fault.params.items():
        if name in _NAMED:
            row = item if name == "item" else _row(session, _NAMED[name], value)
            params[name] = words.name(row) if row is not None else value
        elif name.endswith(("_fen", "_fen_max")) and value is not None:
            params[name] = words.money(int(value))
        elif name in _QUANTITIES and isinstance(value, int):
            params[name] = _quantity(words, value, item)
        elif name == "allowed" and fault.code == "earmark_widened":
            params[name] = words.names(_row(session, Facility, code) for code in str(value).split(", "))
        elif name in _WORDS and isinstance(value, str):
            params[name] = _WORDS[name](words, fault.code, value)
    where = part + field_of(fault.where) if fault.where else ""
    return replace(fault, message=_SPOKEN.get(fault.code, fault.message), where=where, params=params)


def _quantity(words: Words, units: int, item: Item | None) -> str:
    return words.number(units) if item is None else words.quantity(units, item.base_unit.value, exact=True)


def _row(session: Session, table: type[Any], code: Param) -> Any:
    return session.scalars(select(table).where(table.code == code)).unique().one_or_none() if code is not None else None


def _in_words(prefix: str) -> Callable[[Words, str, str], str]:
    return lambda words, _, value: words(f"{prefix}.{value}")


def _allowed(words: Words, code: str, value: str) -> str:
    prefix = {"wrong_state": "state", "channel_not_fitting": "channel"}.get(code)
    return words(", ").join(words(f"{prefix}.{one}") if prefix else one for one in value.split(", "))


_WORDS: Mapping[str, Callable[[Words, str, str], str]] = {
    "state": _in_words("state"),
    "step": _in_words("step"),
    "channel": _in_words("channel"),
    "allowed": _allowed,
    "field": _in_words("lot_field"),
}


def field_of(where: str) -> str:
    """The field of the page for a path of the payload."""
    # On pages a thing is for one facility only.
    *path, last = re.sub(r"(?<=earmark)\.\d+$", "", where).split(".")
    return ".".join([*path, _FIELDS.get(last, last)])


def with_faults(refusal: ServiceError, faults: Sequence[Fault]) -> ServiceError:
    """The same refusal with other faults; not made anew, since some refusals are made of more than faults."""
    told: ServiceError = Exception.__new__(type(refusal), *refusal.args)
    told.__dict__.update(refusal.__dict__, faults=tuple(faults))
    return told


def _at(refusal: ServiceError, place: Callable[[str], str]) -> ServiceError:
    faults = refusal.faults
    return with_faults(refusal, [one.at(place(one.where)) for one in faults])


def of_one(refusal: ServiceError, row: str) -> ServiceError:
    """The refusal of a payload that has one row (`movements.0.`), with its faults at the fields of a plain form."""
    return _at(refusal, lambda where: where.removeprefix(row))


def at_rows(refusal: ServiceError, field: str, positions: Sequence[int]) -> ServiceError:
    """The refusal with its faults at the rows of the page; the nth row of the payload is `positions[n]` there."""
    return _at(refusal, lambda where: _moved(where, field, positions))


def _moved(where: str, field: str, positions: Sequence[int]) -> str:
    found = re.match(rf"{field}\.(\d+)(?=\.|$)", where)
    if found is None or int(found[1]) >= len(positions):
        return where
    return f"{field}.{positions[int(found[1])]}{where[found.end() :]}"
