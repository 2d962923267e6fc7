"""Rules of what is published: the balance of a day, with or without figures prepared by hand, and its corrections."""

from datetime import date

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.work import Work
from app.disclosure.models import Disclosure
from app.disclosure.schemas import NewDisclosure, StatedLine
from app.disclosure.service import publish
from app.partners.types import SupplyChannel
from tests.machine.acting import PICKS, Acting
from tests.machine.books import FIGURES, balance_on
from tests.machine.world import LEADER


class DisclosureRules(Acting):
    """Leaders publish."""

    @rule(
        days_ago=st.sampled_from([0, 0, 0, 1, 3]),
        explained=st.sampled_from([None, None, None, True, False]),
        stated=st.booleans(),
        off_by=st.sampled_from([0, 0, 1]),
        pick=PICKS,
    )
    def publish(self, days_ago: int, explained: bool | None, stated: bool, off_by: int, pick: int) -> None:
        """Invariant 10: published if, and only if, the day is there, a correction is explained, and all adds up.

        `explained` None does it right; `off_by` is how far one of the figures prepared by hand is from the ledger.
        """
        day = self.day(-days_ago)
        before = self.read(lambda s: self._versions(s, day))
        reason = "counted again" if (before > 0 if explained is None else explained) else ""
        figures = self.read(lambda s: balance_on(s, day))
        lines = None
        if stated:
            lines = [
                StatedLine(item=item, channel=SupplyChannel(channel), **dict(zip(FIGURES, line, strict=True)))
                for (item, channel), line in figures.items()
                if min(line) >= 0
            ]
            if lines:
                wrong = lines[pick % len(lines)]
                lines[pick % len(lines)] = wrong.model_copy(update={"on_hand": wrong.on_hand + off_by})
        adds_up = all(min(line) >= 0 and line[0] == sum(line[1:]) for line in figures.values())
        allowed = adds_up and bool(reason) == bool(before) and not (lines and off_by)
        new = NewDisclosure(as_of=day, reason=reason, stated=lines)
        done = self.act(lambda s: publish(Work(s, LEADER, self.clock), new))
        assert done == allowed, f"{day} {'published' if done else 'refused'}: {figures}, {new}"
        assert self.read(lambda s: self._versions(s, day)) == before + done

    def _versions(self, session: Session, day: date) -> int:
        return session.scalars(select(func.count()).where(Disclosure.as_of == day)).one()
