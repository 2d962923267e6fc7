"""Enumerations of plans: no tables, so that rules and schemas can use them."""

from enum import StrEnum


class PlanState(StrEnum):
    """QUEUED -> SOLVING -> PROPOSED -> APPROVED -> DISPATCHING -> CLOSED, or one of the four ways to end early."""

    QUEUED = "QUEUED"
    SOLVING = "SOLVING"
    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"
    DISPATCHING = "DISPATCHING"
    CLOSED = "CLOSED"
    FAILED = "FAILED"
    REJECTED = "REJECTED"
    SUPERSEDED = "SUPERSEDED"
    CANCELLED = "CANCELLED"
