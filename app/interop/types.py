"""Enumerations of interop: no tables, so that rules and schemas can use them."""

from enum import StrEnum


class AnswerKind(StrEnum):
    """What kind of thing a kept answer is about."""

    HEADING = "HEADING"
    ITEM = "ITEM"
    FACILITY = "FACILITY"
    UNIT = "UNIT"
