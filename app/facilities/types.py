"""Enumerations of facilities: no tables, so that rules and schemas can use them."""

from enum import StrEnum


class ZoneKind(StrEnum):
    """What a zone is in the administrative order; SPECIAL zones are not statutory but report apart."""

    CITY = "city"
    DISTRICT = "district"
    COUNTY = "county"
    SPECIAL = "special"


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"
