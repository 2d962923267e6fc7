"""What a change rests on: ETag on what is shown, If-Match on what changes it, checked under the row's lock."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import inspect, update

from app.catalog import service
from app.catalog.models import Item
from app.core.database import Database
from app.core.http import versions
from tests.seeding import seeding
from tests.stock.city import API, build_city

WRITERS = 16


@pytest.fixture
def client(client: TestClient, database: Database) -> TestClient:
    """In the small city."""
    with seeding(database) as session:
        build_city(session)
    return client


def tag(client: TestClient, path: str) -> str:
    etag: str = client.get(f"{API}{path}").headers["ETag"]
    return etag


def change(client: TestClient, etag: str | None, path: str = "/items/n95", **fields: Any) -> Response:
    headers = {"If-Match": etag} if etag is not None else {}
    return client.patch(f"{API}{path}", json=fields, headers=headers)


def fault(answer: Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    (one,) = answer.json()["faults"]
    assert one["where"] == "If-Match"
    code: str = one["code"]
    return code


def test_a_thing_is_shown_with_its_tag_and_not_sent_again_to_who_has_it(client: TestClient) -> None:
    first = client.get(f"{API}/items/n95")
    etag = first.headers["ETag"]
    assert etag.startswith('"')
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = client.get(f"{API}/items/n95", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
    other = client.get(f"{API}/items/n95", headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)


def test_a_change_needs_the_tag_and_moves_it(client: TestClient) -> None:
    etag = tag(client, "/items/n95")
    assert fault(change(client, None, pack_units=5), 428) == "if_match_missing"
    changed = change(client, etag, pack_units=5)
    assert changed.status_code == 200
    assert changed.headers["ETag"] == tag(client, "/items/n95") != etag
    assert fault(change(client, etag, pack_units=6), 412) == "changed_meanwhile"
    assert client.get(f"{API}/items/n95").json()["pack_units"] == 5


@pytest.mark.parametrize("sent", ['"x"', "x", "", 'W/"x"', "{weak}", '"a", "b"'])
def test_other_tags_are_stale(client: TestClient, sent: str) -> None:
    sent = sent.replace("{weak}", f"W/{tag(client, '/items/n95')}")
    assert fault(change(client, sent, pack_units=5), 412) == "changed_meanwhile"


@pytest.mark.parametrize("sent", ["*", '"x", {etag}', "{etag},"])
def test_a_list_and_a_star_are_understood(client: TestClient, sent: str) -> None:
    assert change(client, sent.replace("{etag}", tag(client, "/items/n95")), pack_units=5).status_code == 200


def test_what_does_not_exist_is_404_with_and_without_a_tag(client: TestClient) -> None:
    for etag in (None, "*", '"x"'):
        assert change(client, etag, "/items/none", pack_units=5).status_code == 404


def test_a_bad_payload_is_told_before_the_tag(client: TestClient) -> None:
    assert change(client, '"x"', pack_units=0).status_code == 422


def test_what_is_removed_must_be_what_was_seen(client: TestClient) -> None:
    lane = {"warehouse": "wh-1", "facility": "h-1", "lead_days": 1}
    made = client.post(f"{API}/lanes", json=lane)
    assert made.status_code == 201, made.text
    url = f"{API}/lanes/wh-1/h-1"
    assert made.headers["ETag"] == client.get(url).headers["ETag"]
    assert fault(client.delete(url), 428) == "if_match_missing"
    assert change(client, made.headers["ETag"], "/lanes/wh-1/h-1", lead_days=2).status_code == 200
    assert fault(client.delete(url, headers={"If-Match": made.headers["ETag"]}), 412) == "changed_meanwhile"
    assert client.delete(url, headers={"If-Match": tag(client, "/lanes/wh-1/h-1")}).status_code == 204
    assert client.delete(url).status_code == 404


def test_a_change_of_state_may_carry_the_tag(client: TestClient) -> None:
    new = {"code": "A", "item": "n95", "supply_channel": "DONATION", "partner": "giver"}
    lot = client.post(f"{API}/lots", json=new)
    assert lot.status_code == 201, lot.text
    url, seen = f"{API}/lots/{lot.json()['id']}", lot.headers["ETag"]
    assert seen == client.get(url).headers["ETag"]
    blocked = client.post(f"{url}/block", json={"reason": "recall"}, headers={"If-Match": seen})
    assert blocked.headers["ETag"] == client.get(url).headers["ETag"]
    stale = client.post(f"{url}/unblock", json={"reason": "mistake"}, headers={"If-Match": seen})
    assert fault(stale, 412) == "changed_meanwhile"
    assert client.post(f"{url}/unblock", json={"reason": "mistake"}).status_code == 200


def test_a_requisition_with_its_lines_keeps_one_tag_from_answer_to_answer(client: TestClient) -> None:
    """A view with lines, and with flags that the caller can move: changes rest on the thing without such choices."""
    needs = {
        "facility": "h-1",
        "program": "medical",
        "reported_on": "2020-01-31",
        "lines": [{"item": "n95", "requested_units": 10, "needed_by": "2020-02-03"}],
    }
    made = client.post(f"{API}/requisitions", json=needs)
    url = f"{API}/requisitions/{made.json()['code']}"
    assert made.headers["ETag"] == client.get(url).headers["ETag"]
    assert "ETag" not in client.get(f"{url}?claim_permille=1").headers
    needs["lines"] = [{"item": "n95", "requested_units": 20, "needed_by": "2020-02-03"}]
    assert fault(client.put(url, json=needs), 428) == "if_match_missing"
    put = client.put(url, json=needs, headers={"If-Match": made.headers["ETag"]})
    assert put.status_code == 200, put.text
    assert put.headers["ETag"] == client.get(url).headers["ETag"] != made.headers["ETag"]
    sent = client.post(f"{url}/submit", headers={"If-Match": put.headers["ETag"]})
    assert sent.status_code == 200, sent.text
    assert sent.headers["ETag"] == client.get(url).headers["ETag"]
    assert sent.json()["lines"][0]["requested_units"] == 20


def test_one_of_many_changes_of_what_all_saw_wins(client: TestClient) -> None:
    """Sixteen read the same item and change it at the same time: one change is made, the others are told."""
    etag = tag(client, "/items/n95")
    start = threading.Barrier(WRITERS, timeout=30)

    def write(writer: int) -> int:
        start.wait()
        return change(client, etag, pack_units=100 + writer).status_code

    with ThreadPoolExecutor(WRITERS) as pool:
        statuses = sorted(pool.map(write, range(WRITERS)))
    assert statuses == [200] + [412] * (WRITERS - 1)
    assert len(client.get(f"{API}/audit-records?action=ITEM_CHANGED").json()["items"]) == 1


# On SQLite a writing transaction is alone, so the naive variant cannot lose there.
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_without_the_lock_several_changes_of_what_all_saw_win(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The naive variant in the same harness: the tag is compared, but the row is neither held nor compared again."""
    client.event_hooks = {}  # without versions the tags tell nothing
    mapper = inspect(Item)
    monkeypatch.setattr(mapper, "version_id_col", None)
    monkeypatch.setattr(mapper, "_memoized_values", {})
    assert four_changes_that_all_compared(client, monkeypatch) == [200] * 4


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_without_the_lock_the_version_lets_one_win(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should a service ever forget to lock, its UPDATE still finds another version than it read."""
    assert four_changes_that_all_compared(client, monkeypatch) == [200, 409, 409, 409]


def four_changes_that_all_compared(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How four changes are answered that all have compared their tag, without a lock, before the first is written."""
    looked = threading.Barrier(4, timeout=30)
    read, compare = service.row_by_code, versions.named_in

    def read_without_lock(*named: Any) -> Any:
        return read(*named)

    def compare_together(tags: str, etag: str) -> bool:
        looked.wait()
        return compare(tags, etag)

    monkeypatch.setattr(service, "lock_row_by_code", read_without_lock)
    monkeypatch.setattr(versions, "named_in", compare_together)
    etag = tag(client, "/items/n95")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda writer: change(client, etag, pack_units=100 + writer), range(4)))
    return sorted(answer.status_code for answer in answers)


def test_the_row_is_held_from_the_comparison_to_the_commit(
    client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another writer, with no tag at all, that comes between waits: it cannot slip in after the comparison."""
    order: list[str] = []
    compare = versions.named_in
    with ThreadPoolExecutor(1) as pool:

        def other() -> None:
            with seeding(database) as session:
                session.execute(update(Item).where(Item.code == "n95").values(pack_units=7, version=Item.version + 1))
                order.append("other")

        def compare_slowly(tags: str, etag: str) -> bool:
            waiting.append(pool.submit(other))
            threading.Event().wait(0.5)
            order.append("compared")
            return compare(tags, etag)

        waiting: list[Any] = []
        monkeypatch.setattr(versions, "named_in", compare_slowly)
        etag = tag(client, "/items/n95")
        assert change(client, etag, pack_units=5).status_code == 200
        waiting[0].result(20)
    assert order == ["compared", "other"]
    assert client.get(f"{API}/items/n95").json()["pack_units"] == 7


UNTAGGED = {
    # One's own sessions are ended, never changed: there is nothing to overwrite.
    "/api/v1/sessions/current",
    "/api/v1/sessions/{session_id}",
}


def test_every_change_documents_its_tag(app: FastAPI) -> None:
    for path, operations in sorted(app.openapi()["paths"].items()):
        for method in sorted({"patch", "put", "delete"} & set(operations)):
            if path in UNTAGGED:
                continue
            operation = operations[method]
            assert "If-Match" in [one["name"] for one in operation.get("parameters", ())], (method, path)
            assert {"412", "428"} <= set(operation["responses"]), (method, path)
            assert "ETag" in operations["get"]["responses"]["200"]["headers"], path
