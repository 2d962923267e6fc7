"""Idempotency-Key: a POST repeated with the same key is answered again and not done again.

A POST that writes takes `Once` and does its work through it:

    def create_item(new: NewItem, work: Write, once: Once) -> Rendered[ItemView]:
        return once(work, lambda: tagged(service.create_item(work, new), ItemView.of))

The key is compared before If-Match, because the tag of a repeat is stale by nature: `IfMatch` is checked inside the
work. `docs/decisions/0170-explicit-dependencies.md` has the reasons.
"""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Request
from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile

from app.core.actor import Actor
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import BusyError, ConflictError, InvalidInputError
from app.core.http.answers import Rendered
from app.core.http.models import KeptAnswer
from app.core.work import Work

Body = TypeVar("Body")

KEPT_FOR = timedelta(days=7)

ABANDONED_AFTER = timedelta(hours=1)
"""Work of several transactions that was begun so long ago and has no answer was cut off; a repeat does it anew."""

FORGOTTEN_AT_ONCE = 20

_HEADER = "Idempotency-Key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is kept of an answer: status, JSON body and entity tag."""

    status: int
    body: bytes | None
    etag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that its caller may repeat."""

    key: str
    address: str
    """Digest of method and address."""
    fingerprint: str
    """Digest of method, address and body; of what holds a secret it must not be kept."""

    def without_body(self) -> "Call":
        """The call with nothing of its body in it."""
        return replace(self, fingerprint=self.address)


async def _body_digest(request: Request) -> bytes:
    digest = hashlib.sha256()
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
        # Not the bytes: the line that parts the fields is another one each time.
        for name, value in (await request.form()).multi_items():
            if isinstance(value, UploadFile):
                digest.update(json.dumps([name, value.filename]).encode() + await value.read())
                await value.seek(0)
            else:
                digest.update(json.dumps([name, value]).encode())
        return digest.digest()
    body = await request.body()
    with suppress(ValueError):
        body = json.dumps(json.loads(body), sort_keys=True).encode()
    digest.update(body)
    return digest.digest()


async def _call(
    request: Request,
    key: Annotated[
        str | None,
        Header(
            alias=_HEADER,
            pattern="^[!-~]{1,200}$",
            description="Chosen by the caller, new for each thing to be done. Repeated within 7 days with the same "
            "body it gets the same answer and nothing is done twice; with another body it is refused.",
        ),
    ] = None,
) -> Call | None:
    if key is None:
        return None
    address = json.dumps([request.method, request.url.path, request.url.query]).encode()
    whole = hashlib.sha256(address + await _body_digest(request)).hexdigest()
    return Call(key=key, address=hashlib.sha256(address).hexdigest(), fingerprint=whole)


def _claim(session: Session, call: Call, actor: str, now: datetime) -> KeptAnswer | None:
    """Write the row of this call; None when it is there already. Waits while another call of the same key writes it."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    values = {"actor": actor, "idempotency_key": call.key, "fingerprint": call.fingerprint, "begun_at": now}
    written = session.execute(
        dialect.insert(KeptAnswer).values(values).on_conflict_do_nothing().returning(KeptAnswer.actor)
    )
    return session.get(KeptAnswer, (actor, call.key)) if written.first() is not None else None


def _kept(row: KeptAnswer, call: Call, *, secret: bool) -> Answer:
    if row.fingerprint != call.fingerprint:
        message = "This key was used before for something else; choose a new one."
        raise InvalidInputError.of(message, where=_HEADER, code="idempotency_key_reused")
    if row.status is None:
        message = "The first call with this key is still being worked on; try again later."
        raise ConflictError.of(message, where=_HEADER, code="idempotency_in_progress")
    if secret:
        message = "This was done already; its answer held a secret and was not kept."
        raise ConflictError.of(message, where=_HEADER, code="answer_not_kept")
    return Answer(status=row.status, body=row.body.encode() if row.body is not None else None, etag=row.etag)


def _begin(
    session: Session, call: Call, actor: str, now: datetime, *, secret: bool
) -> tuple[KeptAnswer, Answer | None]:
    """The row of the call, and its answer where it has been answered before."""
    call = call.without_body() if secret else call
    row = _claim(session, call, actor, now)
    if row is not None:
        purge_answers(session, now)
        return row, None
    row = session.get(KeptAnswer, (actor, call.key), with_for_update=True, populate_existing=True)
    if row is None:  # purged between the two statements
        raise BusyError()
    abandoned = row.status is None and row.begun_at <= now - ABANDONED_AFTER
    if abandoned or row.begun_at <= now - KEPT_FOR:
        row.fingerprint, row.begun_at = call.fingerprint, now
        row.status, row.body, row.etag = None, None, None
        return row, None
    return row, _kept(row, call, secret=secret)


def _keep(row: KeptAnswer, answer: Answer, *, secret: bool) -> None:
    row.status, row.etag = answer.status, answer.etag
    row.body = answer.body.decode() if answer.body is not None and not secret else None


def answer_once(
    session: Session, call: Call, actor: str, now: datetime, work: Callable[[], Answer], *, secret: bool
) -> tuple[Answer, bool]:
    """Do the work and keep its answer in the same transaction, or give the answer kept; was it repeated?

    A refusal is not kept: the whole transaction is undone, the key with it, and the call may be repeated.
    """
    row, kept = _begin(session, call, actor, now, secret=secret)
    if kept is not None:
        return kept, True
    session.flush()
    answer = work()
    _keep(row, answer, secret=secret)
    return answer, False


def answer_once_apart(
    database: Database, call: Call, actor: str, now: datetime, work: Callable[[], Answer], *, secret: bool = False
) -> tuple[Answer, bool]:
    """As `answer_once`, for work that has transactions of its own.

    The claim is committed first, so a repeat meanwhile is refused with 409 instead of waiting. A process killed in
    between leaves the claim; after `ABANDONED_AFTER` a repeat does the work anew.
    """
    with database.write() as session:
        _, kept = _begin(session, call, actor, now, secret=secret)
    if kept is not None:
        return kept, True
    key: Any = (actor, call.key)
    try:
        answer = work()
    except Exception:
        with database.write() as session:
            session.delete(session.get_one(KeptAnswer, key))
        raise
    with database.write() as session:
        _keep(session.get_one(KeptAnswer, key, with_for_update=True), answer, secret=secret)
    return answer, False


def purge_answers(session: Session, now: datetime) -> int:
    """Forget up to `FORGOTTEN_AT_ONCE` answers older than `KEPT_FOR`, the oldest first; how many there were.

    Every call with a new key does so: it adds one row and takes away more, so the table stays as large as the calls
    of seven days, without anything that runs by the clock. Correctness does not depend on it.
    """
    old = (
        select(KeptAnswer.actor, KeptAnswer.idempotency_key)
        .where(KeptAnswer.begun_at <= now - KEPT_FOR)
        .order_by(KeptAnswer.begun_at)
        .limit(FORGOTTEN_AT_ONCE)
        .with_for_update(skip_locked=True)  # what another call forgets just now need not be waited for
    )
    keys = [tuple(row) for row in session.execute(old)]
    if keys:
        forgotten = tuple_(KeptAnswer.actor, KeptAnswer.idempotency_key).in_(keys)
        session.execute(delete(KeptAnswer).where(forgotten).execution_options(synchronize_session=False))
    return len(keys)


class Idempotency:
    """What a POST does its work through, once for each Idempotency-Key; without a key it simply does it.

    The answer has the status that the route declares.
    """

    def __init__(self, call: Call | None, status: int) -> None:
        self._call, self._status = call, status

    def __call__(
        self, work: Work, act: Callable[[], Rendered[Body]], *, secret: bool = False, location: str = ""
    ) -> Rendered[Body]:
        """Act in the transaction of `work`, or give the answer of the first time.

        `secret`: body or answer hold a secret, so neither is kept, and a repeat is refused. `location` is where the
        result can be looked at, with {fields} of the answer.
        """
        if self._call is None:
            return self._sent(self._answer(act()), location)
        answer, repeated = answer_once(
            work.session, self._call, work.actor.name, work.now, lambda: self._answer(act()), secret=secret
        )
        return self._sent(answer, location, repeated=repeated)

    def apart(
        self, database: Database, actor: Actor, clock: Clock, act: Callable[[], Rendered[Body]], *, secret: bool = False
    ) -> Rendered[Body]:
        """As a call, for work that has transactions of its own."""
        if self._call is None:
            return self._sent(self._answer(act()), "")
        answer, repeated = answer_once_apart(
            database, self._call, actor.name, clock.now(), lambda: self._answer(act()), secret=secret
        )
        return self._sent(answer, "", repeated=repeated)

    def _answer(self, made: Rendered[Any]) -> Answer:
        return Answer(status=self._status, body=bytes(made.body) or None, etag=made.headers.get("ETag"))

    @staticmethod
    def _sent(answer: Answer, location: str, *, repeated: bool = False) -> Rendered[Any]:
        headers = {"ETag": answer.etag} if answer.etag is not None else {}
        if repeated:
            headers["Idempotent-Replayed"] = "true"
        if location and answer.body is not None:
            headers["Location"] = location.format_map(json.loads(answer.body))
        return Rendered.of_bytes(answer.body, answer.status, headers)


async def _once(request: Request, call: Annotated[Call | None, Depends(_call)]) -> Idempotency:
    return Idempotency(call, request.scope["route"].status_code or 200)


Once = Annotated[Idempotency, Depends(_once)]
"""For a POST that writes; takes the Idempotency-Key."""
