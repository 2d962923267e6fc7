"""Enumerations of catalog: no tables, so that rules and schemas can use them."""

from enum import StrEnum


class Program(StrEnum):
    """The two programs; each is planned on its own."""

    MEDICAL = "medical"
    LIVING = "living"


class BaseUnit(StrEnum):
    """What an item is counted in; quantities are whole numbers of it."""

    PIECE = "piece"
    PAIR = "pair"
    BOTTLE = "bottle"
    GRAM = "gram"


class NormBasis(StrEnum):
    """What a norm multiplies: the facility's count of these."""

    ISOLATION_BED = "isolation_bed"
    BED = "bed"
    STAFF = "staff"
    RESIDENT = "resident"
    VISIT = "visit"
