"""Enumerations of requisitions: no tables, so that rules and schemas can use them."""

from enum import StrEnum


class RequisitionState(StrEnum):
    """DRAFT -> SUBMITTED -> REVIEWED -> PLANNED -> FULFILLED, or REJECTED, WITHDRAWN, REPLACED, LAPSED.

    REPLACED by a newer report; LAPSED: its days have passed, and not all of it came.
    """

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    REVIEWED = "REVIEWED"
    PLANNED = "PLANNED"
    FULFILLED = "FULFILLED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    REPLACED = "REPLACED"
    LAPSED = "LAPSED"


class RequisitionKind(StrEnum):
    """A report states what is needed for the days it names and replaces the report before; an extra adds to it."""

    REPORT = "REPORT"
    EXTRA = "EXTRA"
