"""Unit of work: the write session of a transaction, who acts, and the clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.core.clock import Clock
from app.core.trail import append
from app.core.trail.models import AuditRecord


@dataclass(frozen=True, slots=True)
class Work:
    """What every function that writes is given first: the session of its transaction, the actor, the clock.

    The transaction is the caller's (a request, a form, a command): it is committed when all of it went well.
    """

    session: Session
    actor: Actor
    clock: Clock

    @property
    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        return self.clock.now()

    @property
    def today(self) -> date:
        """The present day in the city."""
        return self.clock.today()

    def record(
        self,
        action: str,
        subject_kind: str,
        subject_key: str | int,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> AuditRecord:
        """Append an audit record of what the actor did now; see `app.core.trail.append.record`."""
        return append.record(
            self.session,
            at=self.now,
            actor=self.actor.name,
            action=action,
            subject_kind=subject_kind,
            subject_key=subject_key,
            before=before,
            after=after,
        )

    def record_change(
        self,
        action: str,
        subject_kind: str,
        subject_key: str | int,
        *,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
    ) -> AuditRecord | None:
        """As `record`, with only the fields in which two snapshots of a row differ; None where nothing changed."""
        return append.record_change(
            self.session,
            at=self.now,
            actor=self.actor.name,
            action=action,
            subject_kind=subject_kind,
            subject_key=subject_key,
            before=before,
            after=after,
        )
