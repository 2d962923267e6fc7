"""A POST repeated with its Idempotency-Key is answered again and not done again."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import func, select

from app.auth.deps import Actor, _current_actor
from app.catalog.models import Item
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import ConflictError
from app.core.http.idempotency import (
    ABANDONED_AFTER,
    FORGOTTEN_AT_ONCE,
    KEPT_FOR,
    Answer,
    Call,
    answer_once,
    answer_once_apart,
    purge_answers,
)
from app.core.http.models import KeptAnswer
from app.core.rights import ALL_RIGHTS
from tests.conftest import NOON

API = "/api/v1"
KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
N95 = {
    "code": "n95", "program": "medical", "name_zh": "医用防护口罩", "name_en": "Medical N95", "base_unit": "piece",
    "pack_units": 10, "volume_mm3_per_unit": 1, "value_microyuan_per_unit": 1,
}  # fmt: skip


def enter(client: TestClient, headers: dict[str, str] = KEY, **fields: Any) -> Response:
    return client.post(f"{API}/items", json=N95 | fields, headers=headers)


def items(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Item)) or 0


def kept(database: Database) -> list[KeptAnswer]:
    with database.read() as session:
        return list(session.scalars(select(KeptAnswer)))


def test_a_repeat_gets_the_same_answer_and_does_nothing(client: TestClient, database: Database) -> None:
    first = enter(client)
    assert first.status_code == 201, first.text
    assert "Idempotent-Replayed" not in first.headers
    records = client.get(f"{API}/audit-records").json()["items"]
    again = enter(client)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert items(database) == 1
    assert client.get(f"{API}/audit-records").json()["items"] == records


def test_the_answer_is_the_one_of_then_though_the_thing_has_changed(client: TestClient) -> None:
    first = enter(client)
    change = client.patch(f"{API}/items/n95", json={"pack_units": 20}, headers={"If-Match": first.headers["ETag"]})
    assert change.status_code == 200
    assert enter(client).json()["pack_units"] == 10


def test_the_same_body_in_another_spelling_is_the_same(client: TestClient) -> None:
    first = enter(client)
    backwards = dict(reversed(N95.items()))
    again = client.post(f"{API}/items", json=backwards, headers=KEY)
    assert (again.status_code, again.content) == (201, first.content)


def test_without_a_key_a_repeat_is_a_conflict(client: TestClient, database: Database) -> None:
    assert enter(client, {}).status_code == 201
    assert enter(client, {}).status_code == 409
    assert kept(database) == []


@pytest.mark.parametrize(
    ("path", "body"),
    [("/items", N95 | {"code": "n96"}), ("/facility-types", {"code": "x", "name_zh": "x"})],
)
def test_a_key_used_for_something_else_is_refused(
    client: TestClient, database: Database, path: str, body: dict[str, Any]
) -> None:
    enter(client)
    if path == "/facility-types":
        body = {"code": "ward", "name_zh": "病区", "name_en": "Ward", "keeps_stock": False}
    answer = client.post(f"{API}{path}", json=body, headers=KEY)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    (fault,) = answer.json()["faults"]
    assert (fault["code"], fault["where"]) == ("idempotency_key_reused", "Idempotency-Key")
    assert items(database) == 1
    assert enter(client).status_code == 201


def test_two_people_may_choose_the_same_key(app: FastAPI, client: TestClient, database: Database) -> None:
    assert enter(client).status_code == 201
    app.dependency_overrides[_current_actor] = lambda: Actor.system("somebody else", ALL_RIGHTS)
    assert enter(client, code="n96").status_code == 201
    assert items(database) == 2


def test_a_refusal_is_not_kept(client: TestClient, database: Database) -> None:
    enter(client, {})
    assert enter(client).status_code == 409
    assert kept(database) == []
    assert enter(client, pack_units=0).status_code == 422
    assert enter(client, code="n96").status_code == 201


@pytest.mark.parametrize("key", ["", "with space", "x" * 201, "密".encode()])
def test_a_malformed_key_is_refused(client: TestClient, database: Database, key: str | bytes) -> None:
    answer = client.post(f"{API}/items", json=N95, headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["where"] == "Idempotency-Key"
    assert items(database) == 0


def test_a_change_of_state_can_be_repeated_though_its_tag_is_stale(client: TestClient) -> None:
    partner = {"code": "crrc", "name_zh": "中车", "name_en": "CRRC", "kind": "donor"}
    assert client.post(f"{API}/partners", json=partner).status_code == 201
    zone = {"code": "city", "name_zh": "市", "name_en": "City", "kind": "city"}
    assert client.post(f"{API}/zones", json=zone).status_code == 201
    enter(client, {})
    lot = {"code": "L1", "item": "n95", "supply_channel": "DONATION", "partner": "crrc", "earmark": [], "note": ""}
    made = client.post(f"{API}/lots", json=lot)
    assert made.status_code == 201, made.text
    url = f"{API}/lots/{made.json()['id']}/block"
    headers = KEY | {"If-Match": made.headers["ETag"]}
    first = client.post(url, json={"reason": "recall"}, headers=headers)
    assert first.status_code == 200, first.text
    again = client.post(url, json={"reason": "recall"}, headers=headers)
    assert (again.status_code, again.content) == (200, first.content)
    assert client.post(url, json={"reason": "recall"}).status_code == 409


def test_a_key_is_forgotten_after_seven_days(app: FastAPI, client: TestClient, clock: Clock) -> None:
    enter(client)
    app.state.clock = Clock(clock.city_zone, lambda: NOON + KEPT_FOR - timedelta(seconds=1))
    assert enter(client).status_code == 201
    app.state.clock = Clock(clock.city_zone, lambda: NOON + KEPT_FOR)
    assert enter(client).status_code == 409  # done anew, and the code is taken
    assert enter(client, code="n96").status_code == 201


def test_old_answers_are_purged(client: TestClient, database: Database) -> None:
    enter(client)
    with database.write() as session:
        assert purge_answers(session, NOON + KEPT_FOR - timedelta(seconds=1)) == 0
    with database.write() as session:
        assert purge_answers(session, NOON + KEPT_FOR) == 1
    assert kept(database) == []


def test_of_what_holds_a_secret_nothing_is_kept_and_a_repeat_is_told_so(client: TestClient, database: Database) -> None:
    new = {"login": "nurse", "name": "Nurse", "role": "auditor"}
    first = client.post(f"{API}/accounts", json=new, headers=KEY)
    assert first.status_code == 201, first.text
    (row,) = kept(database)
    assert (row.status, row.body) == (201, None)
    for body in (new, new | {"name": "Somebody else"}):
        again = client.post(f"{API}/accounts", json=body, headers=KEY)
        assert again.status_code == 409
        assert again.json()["faults"][0]["code"] == "answer_not_kept"
        assert first.json()["password"] not in again.text
    assert enter(client).json()["faults"][0]["code"] == "idempotency_key_reused"


def test_every_post_documents_the_key(app: FastAPI) -> None:
    without = {
        "/api/v1/item-aliases/resolve",  # only reads
        "/api/v1/supply-sheets",  # only reads
        "/api/v1/sessions",  # logs in, and answers with a cookie
    }
    for path, operations in sorted(app.openapi()["paths"].items()):
        if path not in without and "post" in operations:
            names = [parameter["name"] for parameter in operations["post"].get("parameters", ())]
            assert "Idempotency-Key" in names, path


class TestWorkOfSeveralTransactions:
    """What POST /plans does: a claim first, the work, the answer."""

    CALL = Call(key="k", address="a" * 64, fingerprint="f" * 64)

    def once(self, database: Database, work: Any, now: Any = NOON) -> tuple[int, bool]:
        answer, repeated = answer_once_apart(database, self.CALL, "leader", now, work)
        return answer.status, repeated

    def answer(self) -> Any:
        from app.core.http.idempotency import Answer

        return Answer(status=201, body=b'{"code":"PLAN-1"}')

    def test_a_repeat_gets_the_answer(self, database: Database) -> None:
        calls = []

        def work() -> Any:
            calls.append(1)
            return self.answer()

        assert self.once(database, work) == (201, False)
        assert self.once(database, work) == (201, True)
        assert calls == [1]

    def test_a_repeat_meanwhile_is_refused(self, database: Database) -> None:
        def work() -> Any:
            with pytest.raises(ConflictError, match="still being worked on"):
                self.once(database, self.answer)
            return self.answer()

        assert self.once(database, work) == (201, False)

    def test_a_refusal_gives_the_key_back(self, database: Database) -> None:
        def work() -> Any:
            raise ConflictError.of("No plan.")

        with pytest.raises(ConflictError, match="No plan"):
            self.once(database, work)
        assert self.once(database, self.answer) == (201, False)

    def test_work_cut_off_is_done_anew_after_a_while(self, database: Database) -> None:
        class Killed(BaseException):
            """As kill -9 does it: nothing is tidied up."""

        def work() -> Any:
            raise Killed

        with pytest.raises(Killed):
            self.once(database, work)
        with pytest.raises(ConflictError, match="still being worked on"):
            self.once(database, self.answer, NOON + ABANDONED_AFTER - timedelta(seconds=1))
        assert self.once(database, self.answer, NOON + ABANDONED_AFTER) == (201, False)


def test_every_new_key_forgets_some_that_are_over(database: Database) -> None:
    def keep(key: str, at: datetime) -> None:
        call = Call(key=key, address="a" * 64, fingerprint="f" * 64)
        with database.write() as session:
            answer_once(session, call, "x", at, lambda: Answer(status=201, body=b"1"), secret=False)

    def keys() -> list[str]:
        with database.read() as session:
            return list(session.scalars(select(KeptAnswer.idempotency_key).order_by(KeptAnswer.begun_at)))

    for n in range(FORGOTTEN_AT_ONCE + 2):
        keep(f"old-{n:02d}", NOON + timedelta(seconds=n))
    keep("new-1", NOON + KEPT_FOR + timedelta(minutes=1))
    assert keys() == ["old-20", "old-21", "new-1"], "the oldest first, not all at once"
    keep("new-2", NOON + KEPT_FOR + timedelta(minutes=2))
    keep("new-1", NOON + KEPT_FOR + timedelta(minutes=3))
    assert keys() == ["new-1", "new-2"]
