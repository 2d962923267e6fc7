"""Lets needs lapse whose days have passed: once a day, and before each plan."""

from app.auth import Actor
from app.catalog.types import Program
from app.core.clock import Clock
from app.core.database import Database
from app.core.rights import Right
from app.core.work import Work
from app.planning.commitments.service import promised_units
from app.planning.directives.served_first import directive_needs
from app.requisitions.lapsing import lapse_needs

CALENDAR = Actor.system("calendar", frozenset({Right.REQUISITION_REVIEW}))
"""Who does what the passing of days asks for."""


def lapse_passed(work: Work, program: Program) -> int:
    """Record as unmet what was needed before today, neither came nor is promised; how many requisitions it touched.

    What is promised comes late and stays owed, as do durable goods and directives.
    """
    kept = directive_needs(work.session, program).keys()
    return len(lapse_needs(work, program, promised_units(work.session, program), kept))


def lapse_all(database: Database, clock: Clock) -> None:
    """The daily step: every program in a transaction of its own."""
    for program in Program:
        with database.write() as session:
            lapse_passed(Work(session, CALENDAR, clock), program)
