"""Enumerations of procurement: no tables, so that rules and schemas can use them."""

from enum import StrEnum


class OverspendRule(StrEnum):
    """What happens when a commitment would pass the fund's amount."""

    STOP = "STOP"
    WARN = "WARN"


class PledgeState(StrEnum):
    """PROMISED -> CONFIRMED -> PARTLY_RECEIVED -> RECEIVED, or CANCELLED; what comes before a word counts too."""

    PROMISED = "PROMISED"
    CONFIRMED = "CONFIRMED"
    PARTLY_RECEIVED = "PARTLY_RECEIVED"
    RECEIVED = "RECEIVED"
    CANCELLED = "CANCELLED"


class OfferState(StrEnum):
    """An offer stands until it is taken by an order or withdrawn."""

    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    WITHDRAWN = "WITHDRAWN"


class PurchaseOrderState(StrEnum):
    """DRAFT -> APPROVED -> ORDERED -> PARTLY_RECEIVED -> RECEIVED, or CANCELLED."""

    DRAFT = "DRAFT"
    APPROVED = "APPROVED"
    ORDERED = "ORDERED"
    PARTLY_RECEIVED = "PARTLY_RECEIVED"
    RECEIVED = "RECEIVED"
    CANCELLED = "CANCELLED"


class ReviewOutcome(StrEnum):
    """What the reviewer of a special-handling order found."""

    JUSTIFIED = "JUSTIFIED"
    NOT_JUSTIFIED = "NOT_JUSTIFIED"


class Disposal(StrEnum):
    """Where goods went that were rejected when they came; they never were in stock."""

    RETURNED = "RETURNED"
    DESTROYED = "DESTROYED"
