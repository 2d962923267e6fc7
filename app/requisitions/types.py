"""Enumerations of requisitions: no tables, so that rules and schemas can use them."""

from enum import StrEnum


class RequisitionState(StrEnum):
    """DRAFT -> SUBMITTED -> REVIEWED -> PLANNED -> FULFILLED, or REJECTED, WITHDRAWN."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    REVIEWED = "REVIEWED"
    PLANNED = "PLANNED"
    FULFILLED = "FULFILLED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
