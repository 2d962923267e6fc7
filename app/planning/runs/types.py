"""Enumerations of runs: no tables, so that rules and schemas can use them."""

from enum import StrEnum


class RunKind(StrEnum):
    """What a run computes: a plan from the facts of the moment, or a scenario from a plan's facts with changes."""

    PLAN = "PLAN"
    SCENARIO = "SCENARIO"


class RunState(StrEnum):
    """QUEUED -> RUNNING -> DONE, FAILED or CANCELLED; back to QUEUED when its worker is lost."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
