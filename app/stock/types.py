"""Enumerations of stock: no tables, so that rules and schemas can use them."""

from enum import StrEnum


class StockEnd(StrEnum):
    """Where a movement begins or ends; only a warehouse has a stock card."""

    OUTSIDE = "OUTSIDE"
    WAREHOUSE = "WAREHOUSE"
    TRANSIT = "TRANSIT"
    FACILITY = "FACILITY"
    LOST = "LOST"
    RETURNED = "RETURNED"


class StockEventKind(StrEnum):
    """Why something moved."""

    RECEIPT = "RECEIPT"
    SHIPMENT = "SHIPMENT"
    DELIVERY = "DELIVERY"
    TRANSFER = "TRANSFER"
    ADJUSTMENT = "ADJUSTMENT"
    LOSS = "LOSS"
    RETURN = "RETURN"
    REVERSAL = "REVERSAL"


class RecallState(StrEnum):
    """OPEN -> CLOSED with what became of the lot, or LIFTED because the lot may be used again."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    LIFTED = "LIFTED"


class InventoryState(StrEnum):
    """A physical inventory is written down first and posted once."""

    DRAFT = "DRAFT"
    POSTED = "POSTED"
    CANCELLED = "CANCELLED"
