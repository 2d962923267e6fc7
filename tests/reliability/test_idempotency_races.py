"""Many at once with one key: the work is done once and all get its answer; the naive way does it many times."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from app.core import trail
from app.core.database import Database
from app.core.errors import ConflictError
from app.core.http.idempotency import Answer, Call, answer_once
from app.core.http.models import KeptAnswer
from app.requisitions.models import Requisition
from tests.conftest import NOON
from tests.seeding import seeding
from tests.stock.city import build_city

CALLERS = 16
API = "/api/v1"
ZONE = {"code": "city", "name_zh": "市", "name_en": "City", "kind": "city"}
NEEDS = {
    "facility": "h-1", "program": "medical", "reported_on": "2020-01-31", "note": "",
    "lines": [{"item": "n95", "requested_units": 100, "needed_by": "2020-02-07"}],
}  # fmt: skip


def all_at_once(act: Callable[[int], Any]) -> list[Any]:
    """Every caller acts once, all starting together; what each got."""
    start = threading.Barrier(CALLERS, timeout=30)

    def work(caller: int) -> Any:
        start.wait()
        return act(caller)

    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(work, range(CALLERS)))


def count(database: Database, table: type[Any]) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_sixteen_posts_with_one_key_are_one(client: TestClient, database: Database) -> None:
    headers = {"Idempotency-Key": "one"}
    answers = all_at_once(lambda _: client.post(f"{API}/zones", json=ZONE, headers=headers))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert sorted("Idempotent-Replayed" in answer.headers for answer in answers) == [False] + [True] * (CALLERS - 1)
    assert len(client.get(f"{API}/zones").json()["items"]) == 1
    assert len(client.get(f"{API}/audit-records").json()["items"]) == 1


def test_documents_with_numbers_of_their_own_are_one_with_a_key_and_many_without(
    client: TestClient, database: Database
) -> None:
    with seeding(database) as session:
        build_city(session)

    def post(headers: dict[str, str]) -> Any:
        answer = client.post(f"{API}/requisitions", json=NEEDS, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.json()["code"]

    assert len(set(all_at_once(lambda _: post({})))) == CALLERS, "the harness must show what a key prevents"
    assert len(set(all_at_once(lambda _: post({"Idempotency-Key": "one"})))) == 1
    assert len(set(all_at_once(lambda caller: post({"Idempotency-Key": f"key-{caller}"})))) == CALLERS
    assert count(database, Requisition) == 2 * CALLERS + 1
    # Numbers have no gaps: a repeat has not even taken one.
    with database.read() as session:
        numbers = [int(code[-5:]) for code in session.scalars(select(Requisition.code))]
    assert sorted(numbers) == list(range(1, 2 * CALLERS + 2))


class Killed(BaseException):
    """As kill -9 does it: the transaction is never committed."""


def test_a_kill_between_the_work_and_the_commit_leaves_nothing(database: Database) -> None:
    call = Call(key="k", address="a" * 64, fingerprint="f" * 64)

    def work(session: Session) -> Answer:
        entry = trail.record(session, at=NOON, actor="x", action="DONE", subject_kind="item", subject_key=1)
        return Answer(status=201, body=str(entry.seq).encode())

    def killed_before_the_commit() -> None:
        with database.write() as session:
            answer_once(session, call, "x", NOON, lambda: work(session), secret=False)
            raise Killed

    with pytest.raises(Killed):
        killed_before_the_commit()
    assert count(database, KeptAnswer) == 0
    for repeated in (False, True):
        with database.write() as session:
            answer = answer_once(session, call, "x", NOON, lambda: work(session), secret=False)
        assert answer == (Answer(status=201, body=b"1"), repeated)


def test_a_repeat_waits_for_the_first_and_works_itself_when_that_is_undone(database: Database) -> None:
    """The repeat arrives while the first call works; the first then dies, and the repeat does the work."""
    call = Call(key="k", address="a" * 64, fingerprint="f" * 64)
    begun = threading.Event()

    def work_and_die() -> Answer:
        begun.set()
        threading.Event().wait(0.5)
        raise Killed

    def once(work: Callable[[], Answer]) -> tuple[Answer, bool]:
        with database.write() as session:
            return answer_once(session, call, "x", NOON, work, secret=False)

    def repeat() -> tuple[Answer, bool]:
        begun.wait(10)
        return once(lambda: Answer(status=201, body=b"2"))

    with ThreadPoolExecutor(1) as pool:
        later = pool.submit(repeat)
        with pytest.raises(Killed):
            once(work_and_die)
        assert later.result(20) == (Answer(status=201, body=b"2"), False)
    assert count(database, KeptAnswer) == 1


def test_a_secret_is_neither_kept_nor_told_again(database: Database) -> None:
    call = Call(key="k", address="a" * 64, fingerprint="f" * 64)
    with database.write() as session:
        answer_once(session, call, "x", NOON, lambda: Answer(status=201, body=b'{"key":"secret"}'), secret=True)
    with database.read() as session:
        assert session.scalars(select(KeptAnswer.body)).one() is None
    with pytest.raises(ConflictError, match="was not kept"), database.write() as session:
        answer_once(session, call, "x", NOON, lambda: pytest.fail("done twice"), secret=True)


def test_a_failing_commit_leaves_no_key(app: FastAPI, client: TestClient, database: Database) -> None:
    """The row of the key is part of the transaction: where that cannot be committed, there is no answer to keep."""

    def refuse(_connection: Any) -> None:
        raise RuntimeError("the disk is full")

    engine = app.state.database.engine
    headers = {"Idempotency-Key": "one"}
    event.listen(engine, "commit", refuse)
    try:
        with pytest.raises(RuntimeError, match="the disk is full"):
            client.post(f"{API}/zones", json=ZONE, headers=headers)
    finally:
        event.remove(engine, "commit", refuse)
    assert count(database, KeptAnswer) == 0
    assert client.post(f"{API}/zones", json=ZONE, headers=headers).status_code == 201
