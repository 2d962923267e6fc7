"""Enumerations of subsidies: no tables, so that rules and schemas can use them."""

from enum import StrEnum


class EntitledGroup(StrEnum):
    """Groups of people that the national mechanism names."""

    URBAN_MINIMUM = "URBAN_MINIMUM"
    RURAL_MINIMUM = "RURAL_MINIMUM"
    EXTREME_HARDSHIP = "EXTREME_HARDSHIP"
    UNEMPLOYMENT = "UNEMPLOYMENT"
    PRIVILEGED = "PRIVILEGED"
    """State pensions and allowances of veterans and the families of the fallen."""
    ORPHANS = "ORPHANS"
    UNATTENDED_CHILDREN = "UNATTENDED_CHILDREN"
    POOR_STUDENTS = "POOR_STUDENTS"


class SubsidyKind(StrEnum):
    """How a scheme finds what is due."""

    LINKED = "LINKED"
    """Due in a month in which consumer prices rose past a trigger."""


class SubsidyRunState(StrEnum):
    """DRAFT -> APPROVED -> COMMITTED -> PAID, or REJECTED before it is paid."""

    DRAFT = "DRAFT"
    APPROVED = "APPROVED"
    COMMITTED = "COMMITTED"
    PAID = "PAID"
    REJECTED = "REJECTED"


class Step(StrEnum):
    """What can be done with a run."""

    APPROVE = "approve"
    COMMIT = "commit"
    PAY = "pay"
    REJECT = "reject"


class Trigger(StrEnum):
    """Why a month makes a subsidy due."""

    CPI = "CPI"
    FOOD = "FOOD"
