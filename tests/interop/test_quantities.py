"""Quantities as people write them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.interop.sheets.cells import Broken, Cell
from app.interop.sheets.quantities import NoNumber, Quantity, Unclear, chinese_number, read_quantity


@pytest.mark.parametrize(
    ("cell", "number", "unit"),
    [
        (1000, 1000, ""),
        (2.5, "2.5", ""),
        (0.1 + 0.2, "0.3", ""),
        ("1,000", 1000, ""),
        ("1，000", 1000, ""),
        ("１０００", 1000, ""),
        ("12,345,678", 12_345_678, ""),
        ("1 000", 1000, ""),
        ("500只", 500, "只"),
        ("500 个", 500, "个"),
        ("2.5kg", "2.5", "kg"),
        ("3千克", 3, "千克"),
        ("1万", 10_000, ""),
        ("1.5万", 15_000, ""),
        ("2万只", 20_000, "只"),
        ("3千", 3_000, ""),
        ("5k", 5_000, ""),
        ("五百", 500, ""),
        ("五百只", 500, "只"),
        ("一万二", 12_000, ""),
        ("两千零五", 2_005, ""),
        ("三百五", 350, ""),
        ("十二", 12, ""),
        ("一亿二千万", 120_000_000, ""),
        ("贰佰", 200, ""),
        ("-4", -4, ""),
        ("0", 0, ""),
    ],
)
def test_a_number_is_read_with_the_unit_behind_it(cell: Cell, number: int | str, unit: str) -> None:
    assert read_quantity(cell) == Quantity(Decimal(number), unit)


@pytest.mark.parametrize(
    ("cell", "why", "numbers"),
    [
        ("无", NoNumber.NONE, ("0",)),
        ("/", NoNumber.NONE, ("0",)),
        ("若干", NoNumber.WORD, ()),
        ("不限", NoNumber.WORD, ()),
        ("越多越好", NoNumber.WORD, ()),
        ("500-1000", NoNumber.RANGE, ("500", "1000")),
        ("500～1000只", NoNumber.RANGE, ("500", "1000")),
        ("约500", NoNumber.ABOUT, ("500",)),
        ("500左右", NoNumber.ABOUT, ("500",)),
        ("≥300", NoNumber.ABOUT, ("300",)),
        ("500多", NoNumber.ABOUT, ("500",)),
        ("1,00", NoNumber.OTHER, ()),
        ("1e20", NoNumber.OTHER, ()),
        ("=1+1", NoNumber.OTHER, ()),
        ("二三", NoNumber.OTHER, ()),
        ("千克", NoNumber.OTHER, ()),
        ("10箱(每箱50)", NoNumber.OTHER, ()),
        (True, NoNumber.OTHER, ()),
        (date(2020, 2, 6), NoNumber.OTHER, ()),
        (Broken("#N/A"), NoNumber.OTHER, ()),
        (float("inf"), NoNumber.OTHER, ()),
        ("9" * 300, NoNumber.OTHER, ()),
    ],
)
def test_what_is_no_number_says_why(cell: Cell, why: NoNumber, numbers: tuple[str, ...]) -> None:
    assert read_quantity(cell) == Unclear(why, numbers)


def test_a_blank_cell_says_nothing() -> None:
    assert read_quantity(None) is None
    assert read_quantity(" 　") is None


def _in_characters(number: int) -> str:
    """A number in Chinese characters, as a bank writes it: with every sign and every zero between."""
    digits, text = "零一二三四五六七八九", ""
    for scale, name in ((10**8, "亿"), (10**4, "万"), (1, "")):
        part, number = divmod(number, scale)
        if part:
            gap = text and part < 1000
            text += ("零" if gap else "") + _below_ten_thousand(part, digits) + name
    return text


def _below_ten_thousand(number: int, digits: str) -> str:
    text, gap = "", False
    for scale, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, scale)
        if digit:
            text += ("零" if gap and text else "") + digits[digit] + name
            gap = False
        else:
            gap = True
    return text


@given(st.integers(1, 10**12 - 1))
def test_every_number_in_characters_has_its_value(number: int) -> None:
    assert chinese_number(_in_characters(number)) == number


@given(st.one_of(st.text(max_size=30), st.floats(), st.integers(), st.booleans(), st.none()))
def test_any_cell_is_a_number_or_no_number(cell: Cell) -> None:
    assert isinstance(read_quantity(cell), Quantity | Unclear | None)
