"""Enumerations of dispatch: no tables, so that rules and schemas can use them."""

from enum import StrEnum


class TransferOrderState(StrEnum):
    """OPEN -> SHIPPED -> DELIVERED, DELIVERED_WITH_DISCREPANCY or RETURNED whole; or CANCELLED before it is shipped."""

    OPEN = "OPEN"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    DELIVERED_WITH_DISCREPANCY = "DELIVERED_WITH_DISCREPANCY"
    RETURNED = "RETURNED"
    CANCELLED = "CANCELLED"


class TripState(StrEnum):
    """OPEN -> SHIPPED with all its orders, or CANCELLED; its orders are then free for another trip."""

    OPEN = "OPEN"
    SHIPPED = "SHIPPED"
    CANCELLED = "CANCELLED"


class RejectedGoods(StrEnum):
    """Where rejected goods go: back onto the warehouse's shelf, or written off because they are spoilt."""

    BACK_TO_WAREHOUSE = "BACK_TO_WAREHOUSE"
    WRITTEN_OFF = "WRITTEN_OFF"


class DeliveryCaseState(StrEnum):
    """OPEN -> HEARD once both ends have said what happened -> SETTLED with an outcome."""

    OPEN = "OPEN"
    HEARD = "HEARD"
    SETTLED = "SETTLED"
