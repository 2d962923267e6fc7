"""How the pages of supply read what people type, and what they take for a repetition."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.models import Item
from app.catalog.types import BaseUnit, Program
from app.core.errors import Fault, InvalidInputError
from app.procurement.duplicates import NEAR_DAYS, Promised, duplicate_faults
from app.procurement.order_schemas import NewReceipt
from app.web.kit.choices import Names
from app.web.kit.error_texts import at_rows, field_of
from app.web.kit.forms import validated
from app.web.kit.units import as_typed, microyuan_of, price_as_typed, read_day, units_of

RICE = Item(code="rice", program=Program.LIVING, base_unit=BaseUnit.GRAM)
MASK = Item(code="mask", program=Program.MEDICAL, base_unit=BaseUnit.PIECE)
DAY = date(2020, 2, 3)


@given(units=st.integers(min_value=0, max_value=10**12), item=st.sampled_from([RICE, MASK]))
def test_units_shown_in_a_field_are_read_as_the_same_units(units: int, item: Item) -> None:
    assert units_of(as_typed(units, item), item, "q") == units


@given(price=st.integers(min_value=0, max_value=10**12), item=st.sampled_from([RICE, MASK]))
def test_prices_shown_in_a_field_are_read_as_the_same_prices(price: int, item: Item) -> None:
    assert microyuan_of(price_as_typed(price, item), item, "p") == price


@pytest.mark.parametrize(
    ("text", "item", "code"),
    [
        ("2.0005", RICE, "too_many_decimals"),
        ("1.5", MASK, "too_many_decimals"),
        ("two", MASK, "not_a_number"),
        ("1e9", MASK, "not_a_number"),
        ("", MASK, "not_a_number"),
    ],
)
def test_what_is_no_whole_number_of_base_units_is_a_fault(text: str, item: Item, code: str) -> None:
    read = units_of(text, item, "lines.0.quantity")
    assert isinstance(read, Fault)
    assert (read.code, read.where) == (code, "lines.0.quantity")


def test_digits_of_a_chinese_input_method_and_grouped_thousands_are_read() -> None:
    assert units_of("１,２００", MASK, "q") == 1200
    assert microyuan_of("¥ 4.5", RICE, "p") == 4500


def test_a_part_of_a_name_is_enough_where_it_means_one_thing() -> None:
    names = Names(codes=frozenset({"a", "b"}), table={"红十字会": "a", "redcross": "a", "红星公司": "b"})
    assert [names.code(text) for text in ("a", "Red Cross", "十字", "红星", "红", "", "??")] == [
        "a",
        "a",
        "a",
        "b",
        None,
        None,
        None,
    ]


def _promised(**more: object) -> Promised:
    values = {"partner": "giver", "item": "mask", "units": 100, "expected_on": DAY, **more}
    return Promised(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("other", "is_repetition"),
    [
        ({}, True),
        ({"expected_on": DAY + timedelta(days=NEAR_DAYS)}, True),
        ({"expected_on": DAY - timedelta(days=NEAR_DAYS)}, True),
        ({"expected_on": DAY + timedelta(days=NEAR_DAYS + 1)}, False),
        ({"units": 101}, False),
        ({"item": "suit"}, False),
        ({"partner": "other"}, False),
    ],
)
def test_what_is_a_repetition(other: dict[str, object], is_repetition: bool) -> None:
    faults = duplicate_faults([_promised(where="lines.0.quantity")], [_promised(document="PL-1", **other)])
    assert [(fault.where, fault.params["document"]) for fault in faults] == (
        [("lines.0.quantity", "PL-1")] if is_repetition else []
    )


def test_faults_stand_where_people_typed() -> None:
    assert field_of("lines.3.unit_price_microyuan") == "lines.3.unit_price"
    assert field_of("lines.0.earmark.0") == "lines.0.earmark"
    refusal = InvalidInputError(
        *(Fault("x", "x", where) for where in ("lines.1.quantity", "lines", "warehouse", "lines.9.q", "lines.0"))
    )
    moved = [fault.where for fault in at_rows(refusal, "lines", [2, 5]).faults]
    assert moved == ["lines.5.quantity", "lines", "warehouse", "lines.9.q", "lines.2"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2020-2-6", date(2020, 2, 6)),
        ("2020/02/06", date(2020, 2, 6)),
        ("2月6日", date(2020, 2, 6)),
        ("２/６", date(2020, 2, 6)),
        ("1-30", date(2020, 1, 30)),
        ("2020年2月6日", date(2020, 2, 6)),
    ],
)
def test_a_day_is_read_as_people_type_it(text: str, day: date) -> None:
    assert read_day(text, since=date(2020, 1, 31)) == day


@pytest.mark.parametrize("text", ["", "soon", "2020-02-30", "1999-12-31", "0000-01-01", "2/6"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_day(text)
    assert [fault.code for fault in caught.value.faults] == ["date_type"]


def test_every_form_reads_days_alike() -> None:
    line = {"item": "rice", "accepted_units": "1", "rejected_units": "0", "expiry_date": "2020/12/1"}
    origin = {"partner": "giver", "supply_channel": "DONATION", "warehouse": "wh"}
    receipt = {**origin, "received_on": "２０２０年２月３日", "lines": [line]}
    new = validated(NewReceipt, receipt)
    assert (new.received_on, new.lines[0].expiry_date) == (DAY, date(2020, 12, 1))
