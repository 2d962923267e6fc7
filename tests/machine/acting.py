"""What all rules of the machine share: an example's own world, things to pick from, and the look after each step."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import date, timedelta
from typing import Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.types import Program
from app.core.clock import Clock
from app.core.trail.models import AuditRecord
from app.planning.commitments.service import promised_units
from tests.machine.books import Books
from tests.machine.world import FACILITIES, ITEMS, PACK, RATIO_PERMILLE, WAREHOUSES, Copies, World

Result = TypeVar("Result")

PICKS = st.integers(0, 999)
"""Which of the things that there are, counted round."""
FACILITY, ITEM, WAREHOUSE = st.sampled_from(FACILITIES), st.sampled_from(ITEMS), st.sampled_from(WAREHOUSES)
PACKS = st.integers(1, 30)
SHOWN_WRONGS = 5


def having(kind: str) -> Any:
    """A rule's precondition: something of this kind has been made."""
    return precondition(lambda machine: bool(machine.made.get(kind)))


class Acting(RuleBasedStateMachine):
    """An example: its world, and the codes of what has been made in it."""

    copies: ClassVar[Copies]
    done: ClassVar[Counter[str]]
    """What was recorded over all examples, by action."""
    refused: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self.world = World(database=self._stack.enter_context(self.copies.fresh()))
        self.books = Books(ratio_permille=RATIO_PERMILLE, pack_units=PACK)
        self.made: dict[str, list[str]] = {}

    @property
    def today(self) -> date:
        """The day in the world."""
        return self.clock.today()

    @property
    def clock(self) -> Clock:
        """The world's own."""
        return self.world.clock

    def day(self, days: int) -> date:
        """So many days from today."""
        return self.today + timedelta(days=days)

    def make(self, kind: str, work: Callable[[Session], str]) -> str | None:
        """Act, and remember the code of what was made."""
        code = self.world.act(work)
        if code is not None:
            self.made.setdefault(kind, []).append(code)
        return code

    def act(self, work: Callable[[Session], object]) -> bool:
        """Act; whether it was done."""
        return self.world.act(lambda session: work(session) is not None or True) is not None

    def one(self, kind: str, pick: int) -> str | None:
        """One of the things made, the newest for 0."""
        codes = self.made.get(kind, [])
        return codes[-1 - pick % len(codes)] if codes else None

    def read(self, query: Callable[[Session], Result]) -> Result:
        """What a look at the database says."""
        with self.world.database.read() as session:
            return query(session)

    def row(self, pick: int, query: Any) -> Any:
        """One of the rows that a query finds, as a tuple; None where it finds none."""
        rows: Sequence[Any] = self.read(lambda session: session.execute(query).all())
        return rows[pick % len(rows)] if rows else None

    @invariant()
    def everything_agrees(self) -> None:
        """Invariants 1 to 6, 8 and 10, and that documents count what happened."""
        with self.world.database.read() as session:
            wrongs = list(self.books.wrongs(session, self.today, promised_units(session, Program.MEDICAL)))
        assert not wrongs, wrongs[:SHOWN_WRONGS]

    def teardown(self) -> None:
        """Count what was done, and give the database away."""
        counted = select(AuditRecord.action, func.count()).group_by(AuditRecord.action)
        self.done.update(dict(self.read(lambda session: session.execute(counted).all())))
        self.refused.update(self.world.refusals)
        self._stack.close()
