"""Enumerations of partners: no tables, so that rules and schemas can use them."""

from enum import StrEnum


class SupplyChannel(StrEnum):
    """How supplies reach the city."""

    MARKET_PURCHASE = "MARKET_PURCHASE"
    DONATION = "DONATION"
    PROVINCIAL_ALLOCATION = "PROVINCIAL_ALLOCATION"
    SPECIAL_HANDLING = "SPECIAL_HANDLING"
    LOCAL_PRODUCTION = "LOCAL_PRODUCTION"


class PartnerKind(StrEnum):
    """What a partner is to the city."""

    SUPPLIER = "supplier"
    DONOR = "donor"
    AUTHORITY = "authority"
