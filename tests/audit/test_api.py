"""The audit trail over HTTP and on the command line: filters, pages, where a write came from, the signed head."""

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.__main__ import main
from app.audit.signing import head_from_json, public_key_of, signing_key
from app.core import trail
from app.core.clock import Clock
from app.core.database import Database
from app.core.settings import Settings
from tests.audit.test_trail import tamper, write_records

API = "/api/v1"
PARTNER = {"code": "crrc", "name_zh": "中车", "name_en": "CRRC", "kind": "donor"}


@pytest.fixture
def settings(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """With a folder of its own, where a key may be made."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TONGCHOU_DATABASE_URL", settings.database_url)
    if settings.audit_key is not None:
        monkeypatch.setenv("TONGCHOU_AUDIT_KEY", settings.audit_key.get_secret_value())
    monkeypatch.setenv("LANG", "en")
    monkeypatch.delenv("LC_ALL", raising=False)
    return settings


def records(client: TestClient, **params: str | int) -> list[dict]:
    answer = client.get(f"{API}/audit-records", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def test_a_write_is_recorded_with_who_when_from_where_what_before_and_after(client: TestClient) -> None:
    assert client.post(f"{API}/partners", json=PARTNER).status_code == 201
    (record,) = records(client, action="PARTNER_CREATED")
    assert record["seq"] >= 1
    assert record["actor"]
    assert record["at"] == "2020-01-31T04:00:00Z"
    assert record["origin"] == "address testclient"
    assert (record["subject_kind"], record["subject_key"]) == ("partner", "crrc")
    assert record["before"] is None
    assert record["after"]["name_en"] == "CRRC"
    assert client.get(f"{API}/audit-records/{record['seq']}").json() == record


def test_filters_must_all_be_met(client: TestClient, database: Database) -> None:
    write_records(database, 3)
    write_records(database, 2, actor="auditor")
    assert len(records(client, actor="keeper")) == 3
    assert len(records(client, actor="keeper", subject_key="n1")) == 1
    assert records(client, actor="nobody") == []
    assert len(records(client, subject_kind="item", action="ITEM_CHANGED")) == 5
    assert records(client, subject_kind="lot") == []


@pytest.mark.parametrize(("day", "count"), [("2020-01-30", 1), ("2020-01-31", 2), ("2020-02-01", 1), ("2020-02-02", 0)])
def test_a_day_is_a_day_of_the_city(client: TestClient, database: Database, clock: Clock, day: str, count: int) -> None:
    from datetime import UTC, datetime

    # 16:00 UTC is midnight in the city.
    for hour in ("30T15:59:59.999999", "30T16:00:00", "31T15:59:59.999999", "31T16:00:00"):
        with database.write() as session:
            at = datetime.fromisoformat(f"2020-01-{hour}").replace(tzinfo=UTC)
            trail.record(session, at=at, actor="x", action="A", subject_kind="item", subject_key=hour)
    assert len(records(client, day=day, subject_kind="item")) == count


def test_pages_follow_each_other(client: TestClient, database: Database) -> None:
    write_records(database, 5)
    seen, after = [], None
    while True:
        params = {"limit": 2, "actor": "keeper"} | ({"after": after} if after else {})
        page = client.get(f"{API}/audit-records", params=params).json()
        seen += [row["subject_key"] for row in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == ["n0", "n1", "n2", "n3", "n4"]


@pytest.mark.parametrize(
    "query", ["day=2020-13-01", "day=5", "limit=0", "after=x", "actor=", "action=%00", "actor=%00"]
)
def test_a_filter_of_the_wrong_shape_is_refused(client: TestClient, query: str) -> None:
    assert client.get(f"{API}/audit-records?{query}").status_code == 422


def test_an_unknown_record_is_named(client: TestClient) -> None:
    answer = client.get(f"{API}/audit-records/99999")
    assert answer.status_code == 404
    assert answer.json()["faults"][0]["params"] == {"what": "audit record", "key": 99999}


def test_the_head_is_signed_by_the_installation(client: TestClient, database: Database, settings: Settings) -> None:
    write_records(database, 3)
    answer = client.get(f"{API}/audit-head")
    head = head_from_json(answer.text, public_key=public_key_of(signing_key(settings)))
    last = records(client, limit=500)[-1]
    assert (head.seq, head.digest) == (last["seq"], last["digest"])


def test_verify_export_and_head_on_the_command_line(
    database: Database, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_records(database, 3)
    assert main(["audit", "head"]) == 0
    head = tmp_path / "head.json"
    head.write_text(capsys.readouterr().out)
    assert main(["audit", "verify", "--head", str(head)]) == 0
    assert "The audit trail is whole: 3 records." in capsys.readouterr().out
    assert main(["audit", "export", str(tmp_path / "trail.jsonl")]) == 0
    assert len((tmp_path / "trail.jsonl").read_text().splitlines()) == 3
    tamper(database, "DELETE FROM audit_record WHERE seq = 2")
    capsys.readouterr()
    assert main(["audit", "verify"]) == 1
    assert "Records 2 to 2 are missing." in capsys.readouterr().out


def test_verify_refuses_a_head_that_was_changed(
    database: Database, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "head"]) == 0
    document = json.loads(capsys.readouterr().out) | {"seq": 5}
    (tmp_path / "head.json").write_text(json.dumps(document))
    assert main(["audit", "verify", "--head", str(tmp_path / "head.json")]) == 1
    assert "not valid" in capsys.readouterr().err
    assert main(["audit", "verify", "--head", str(tmp_path / "none.json")]) == 2
    (tmp_path / "head.json").write_bytes(b"\xff\xfe")
    assert main(["audit", "verify", "--head", str(tmp_path / "head.json")]) == 1
    assert main(["audit", "export", str(tmp_path / "nowhere" / "trail.jsonl")]) == 2


def test_a_command_is_named_as_the_origin(
    database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.commands import audit as command

    def act(*_args: object) -> int:
        write_records(database, 1)
        return 0

    monkeypatch.setattr(command, "_head", act)
    assert main(["audit", "head"]) == 0
    with database.read() as session:
        assert session.execute(text("SELECT origin FROM audit_record")).scalar_one() == "command audit"
