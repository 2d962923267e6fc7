"""Quantities as people write them in cells: 1,000 and １，０００, 500只, 1.5万, 五百; and words that are no number.

Pure functions; a number comes back as it stands together with the unit written behind it, before anybody knows the
item and thus what the unit is worth.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from app.interop.sheets.cells import Broken, Cell, half_width

DIGITS_MAX = 15


class NoNumber(StrEnum):
    """Why a cell is no number that can be worked with."""

    NONE = "NONE"
    """无: nothing, or nothing known."""
    WORD = "WORD"
    """若干, 不限: wanted, but not said how many."""
    RANGE = "RANGE"
    """500-1000."""
    ABOUT = "ABOUT"
    """约500."""
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and the unit written behind it; empty where none is."""

    number: Decimal
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Unclear:
    """A cell that is no number, and the numbers that it speaks of."""

    why: NoNumber
    numbers: tuple[str, ...] = ()


_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_PLAIN = re.compile(rf"([+-]?)({_NUMBER})(百万|千万|千(?!克)|[十百万亿]|[kw](?![a-z]))?([^\d.,+\-]*)", re.IGNORECASE)
_CHINESE = re.compile(
    r"(?=[^百千万亿佰仟萬億])([零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟萬億]+)([^\d.,]*)"
)
_RANGE = re.compile(rf"({_NUMBER}[十百千万]?)\D?(?:-|~|—+|–|至|到)({_NUMBER}[十百千万]?)\D*")
_ABOUT = re.compile(
    r"(?:约|大约|大概|近|至少|最少|最多|不少于|不低于|不超过|≥|≤|>=|<=|>|<|±|about|ca\.?|atleast)"
    rf"({_NUMBER}[十百千万]?)\D*"
    rf"|({_NUMBER}[十百千万]?)\D{{0,2}}(?:左右|上下|以上|以下|以内|余|多|起|\+)\D{{0,2}}",
    re.IGNORECASE,
)
_MULTIPLES = {
    "": 1, "十": 10, "百": 100, "千": 1_000, "万": 10_000, "百万": 10**6, "千万": 10**7, "亿": 10**8,
    "k": 1_000, "w": 10_000,
}  # fmt: skip
_NONE_WORDS = frozenset({
    "无", "没有", "无需", "不需要", "不需", "暂无", "暂不需要", "none", "nil", "n/a", "-", "--", "/", "—",
})  # fmt: skip
_WORDS = frozenset({
    "若干", "不限", "适量", "越多越好", "多多益善", "大量", "少量", "一批", "按需", "待定", "急需", "紧缺",
    "不详", "未知", "足量", "尽量多", "some", "any", "many", "tbd", "unlimited", "asneeded", "?",
})  # fmt: skip
_DIGITS = {
    sign: value
    for value, signs in enumerate(("零〇", "一壹", "二两贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖"))
    for sign in signs
}
_SMALL = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1_000, "仟": 1_000}
_LARGE = {"万": 10_000, "萬": 10_000, "亿": 10**8, "億": 10**8}


def read_quantity(cell: Cell) -> Quantity | Unclear | None:
    """What a cell says of a quantity; None where it is empty."""
    if cell is None:
        return None
    if isinstance(cell, bool | date | Broken):
        return Unclear(NoNumber.OTHER)
    if isinstance(cell, int):
        return Quantity(Decimal(cell)) if abs(cell) < 10**DIGITS_MAX else Unclear(NoNumber.OTHER)
    if isinstance(cell, float):
        # A sheet that computes 0.1 + 0.2 keeps 0.30000000000000004 and shows 0.3, which is meant.
        number = Decimal(str(round(cell, 9)))
        return Quantity(number) if number.is_finite() and abs(number) < 10**DIGITS_MAX else Unclear(NoNumber.OTHER)
    return _read_text(cell)


def _read_text(text: str) -> Quantity | Unclear | None:
    plain = "".join(half_width(text).split()).replace("、", ",")
    if not plain:
        return None
    if plain.casefold() in _NONE_WORDS:
        return Unclear(NoNumber.NONE, ("0",))
    if plain.casefold() in _WORDS:
        return Unclear(NoNumber.WORD)
    if found := _RANGE.fullmatch(plain):
        return Unclear(NoNumber.RANGE, tuple(found.groups()))
    if found := _ABOUT.fullmatch(plain):
        return Unclear(NoNumber.ABOUT, (found[1] or found[2],))
    if found := _PLAIN.fullmatch(plain):
        sign, digits, multiple, unit = found.groups()
        return _quantity(f"{sign}{digits.replace(',', '')}", _MULTIPLES[(multiple or "").casefold()], unit)
    if found := _CHINESE.fullmatch(plain):
        number = chinese_number(found[1])
        return _quantity(str(number), 1, found[2]) if number is not None else Unclear(NoNumber.OTHER)
    return Unclear(NoNumber.OTHER)


def _quantity(digits: str, multiple: int, unit: str) -> Quantity | Unclear:
    """The number, unless it has more digits than anything here, or what stands behind it is no single word."""
    if len(digits) > DIGITS_MAX + 10 or len(unit) > 16 or not all(letter.isalpha() for letter in unit):
        return Unclear(NoNumber.OTHER)
    number = Decimal(digits) * multiple
    return Quantity(number, unit) if abs(number) < 10**DIGITS_MAX else Unclear(NoNumber.OTHER)


def chinese_number(text: str) -> int | None:
    """The value of a number in Chinese characters: 五百 500, 一万二 12000, 两千零五 2005; None where it is none."""
    total = section = digit = 0
    scale = 1
    for sign in text:
        if sign in _DIGITS:
            if digit:
                return None  # 二三: said digit by digit
            digit = _DIGITS[sign]
            if not digit:
                scale = 10  # after 零 the next digit counts ones, not hundreds
        elif sign in _SMALL:
            section += (digit or 1) * _SMALL[sign]
            digit, scale = 0, _SMALL[sign]
        else:
            if not section and not digit:
                return None
            total = (
                (total + section + digit) * _LARGE[sign]
                if _LARGE[sign] == 10**8
                else total + (section + digit) * _LARGE[sign]
            )
            section, digit, scale = 0, 0, _LARGE[sign]
    # 一万二 is twelve thousand, 三百五 three hundred and fifty: the last digit counts tenths of the sign before it.
    return total + section + digit * (scale // 10 if scale > 10 else 1)
