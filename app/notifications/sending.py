"""Sends what is in the outbox, beside the plan runs of a worker; any number of senders may run.

A message is taken up for a while (`LEASE`) in one transaction, sent outside any, and its outcome recorded in another.
A sender that is killed in between leaves the message to be taken up again: it is sent at least once, always with the
same id.
"""

import logging
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import select

from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import DatabaseUnavailableError, ServiceError
from app.core.settings import Settings
from app.core.trail import acting_from
from app.core.work import Work
from app.notifications.collecting import SENDER, Wording, collect
from app.notifications.delivery import Letter, NotDeliveredError, deliver
from app.notifications.models import Notification, NotificationRule
from app.notifications.rules import may_leave_at, retry_at
from app.notifications.schemas import NotificationView
from app.notifications.service import MESSAGE, lock_notification
from app.notifications.types import NotificationState

LEASE = timedelta(minutes=2)
"""A message that was taken up and not recorded is taken up again after so long; longer than any attempt takes."""

IDLE_SECONDS = 2.0
COLLECT_SECONDS = 10.0
"""So often it is looked for what is new to tell."""
OUTAGE_SECONDS = 10.0

_log = logging.getLogger(__name__)


class StopFlag(Protocol):
    """What tells a sender to stop."""

    def is_set(self) -> bool: ...
    def wait(self, timeout: float | None = None) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A message that this sender has taken up, and at which attempt."""

    notification_id: int
    attempt: int
    letter: Letter


class Sender:
    """Collects what is new to tell and sends it, message by message."""

    def __init__(self, database: Database, clock: Clock, settings: Settings, wording: Wording, *, name: str) -> None:
        self._database, self._clock, self._settings, self._wording = database, clock, settings, wording
        self._name = name
        self._collect_at = 0.0

    def run(self, stop: StopFlag) -> None:
        """Send until the flag is set; nothing ends it before."""
        while not stop.is_set():
            try:
                worked = self.step()
            except DatabaseUnavailableError:
                stop.wait(OUTAGE_SECONDS)
                continue
            except ServiceError:
                worked = False  # busy: the next step tries again
            except Exception:
                _log.exception("A step of the sender failed; it goes on.")
                worked = False
            if not worked:
                stop.wait(IDLE_SECONDS)

    def step(self) -> bool:
        """Collect where it is time to, and send one message; was there one?"""
        with acting_from(self._name):
            if time.monotonic() >= self._collect_at:
                self._collect_at = time.monotonic() + COLLECT_SECONDS
                collect(self._database, self._clock, self._wording)
            taken = self._take()
            if taken is None:
                return False
            failure = None
            try:
                deliver(taken.letter, self._settings, self._clock.now())
            except NotDeliveredError as error:
                failure = error
            except Exception:
                _log.exception("Message %s was not sent by an error of the program.", taken.letter.message_id)
                failure = NotDeliveredError("The program itself made a mistake; its log says more.")
            self._record(taken, failure)
            return True

    def _take(self) -> Taken | None:
        query = (
            select(Notification)
            .join(Notification.rule)
            .where(
                Notification.state == NotificationState.QUEUED,
                Notification.send_at <= self._clock.now(),
                NotificationRule.active,
            )
            .order_by(Notification.send_at, Notification.id)
            .limit(1)
        )
        with self._database.read() as session:  # most looks find nothing, and must not wait for other writers
            if session.scalar(query.with_only_columns(Notification.id)) is None:
                return None
        with self._database.write() as session:
            message = session.scalars(query.with_for_update(of=Notification, skip_locked=True)).unique().one_or_none()
            if message is None:
                return None
            message.attempts += 1
            message.send_at = self._clock.now() + LEASE
            session.flush()
            return Taken(notification_id=message.id, attempt=message.attempts, letter=self._letter(message))

    def _letter(self, message: Notification) -> Letter:
        rule, home = message.rule, (self._settings.public_url or "").rstrip("/")
        return Letter(
            message_id=message.message_id,
            kind=message.kind,
            channel=rule.channel,
            target=rule.target,
            secret=rule.secret,
            title=message.title,
            text=message.text,
            link=home + message.address if home and message.address else "",
            language=rule.language,
            queued_at=message.queued_at,
        )

    def _record(self, taken: Taken, failure: NotDeliveredError | None) -> None:
        with self._database.write() as session:
            work = Work(session, SENDER, self._clock)
            message = lock_notification(session, taken.notification_id)
            is_own = message.state is NotificationState.QUEUED and message.attempts == taken.attempt
            if message.state is NotificationState.SENT or (failure is not None and not is_own):
                return  # the lease had lapsed, and another sender has it
            before = NotificationView.snapshot(message)
            if failure is None:
                message.state, message.sent_at = NotificationState.SENT, work.now
                message.fault_message, message.fault_params = "", {}
                action = "NOTIFICATION_SENT"
            else:
                action = self._failed(message, failure, work.now)
            work.record_change(action, MESSAGE, message.id, before=before, after=NotificationView.snapshot(message))

    def _failed(self, message: Notification, failure: NotDeliveredError, now: datetime) -> str:
        message.fault_message, message.fault_params = failure.fault.message, dict(failure.fault.params)
        again = None if failure.is_final else retry_at(now, message.attempts, failure.retry_after)
        if again is None:
            message.state = NotificationState.FAILED
            return "NOTIFICATION_GIVEN_UP"
        rule = message.rule
        message.send_at = may_leave_at(again, message.kind, rule.quiet_from, rule.quiet_until, self._clock.city_zone)
        return "NOTIFICATION_DELAYED"


def send_beside(sender: Sender, stop: StopFlag) -> threading.Thread:
    """Let a sender run in a thread of its own, so that a plan run of hours holds up no message."""
    thread = threading.Thread(target=sender.run, args=(stop,), name="notifications", daemon=True)
    thread.start()
    return thread
