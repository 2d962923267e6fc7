"""Kinds of things that are found."""

from enum import StrEnum


class FoundKind(StrEnum):
    """What a search finds; in the order in which the results are shown."""

    FACILITY = "FACILITY"
    ITEM = "ITEM"
    PARTNER = "PARTNER"
    PLAN = "PLAN"
    SCENARIO = "SCENARIO"
    DIRECTIVE = "DIRECTIVE"
    REQUISITION = "REQUISITION"
    PURCHASE_ORDER = "PURCHASE_ORDER"
    PLEDGE = "PLEDGE"
    OFFER = "OFFER"
    FUND = "FUND"
    RECEIPT = "RECEIPT"
    LOT = "LOT"
    PHYSICAL_INVENTORY = "PHYSICAL_INVENTORY"
    TRANSFER_ORDER = "TRANSFER_ORDER"
    TRIP = "TRIP"
    DELIVERY_CASE = "DELIVERY_CASE"
    RECALL = "RECALL"
