"""The audit trail proves itself: every kind of tampering is found, on both databases."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from app.audit.export import Head, export_records, read_head
from app.audit.signing import SignedHead, head_from_json, public_key_of, sign_head, signing_key
from app.audit.verify import verify_trail
from app.core import trail
from app.core.database import Database
from app.core.errors import InvalidInputError
from app.core.settings import Settings
from app.core.trail.append import FIRST_DIGEST, canonical_json, digest_of
from app.core.trail.models import AuditRecord
from tests.conftest import NOON
from tests.seeding import seeding

RECORDS = 9


def write_records(database: Database, count: int, *, actor: str = "keeper") -> None:
    with database.write() as session:
        for number in range(count):
            trail.record(
                session,
                at=NOON + timedelta(seconds=number),
                actor=actor,
                action="ITEM_CHANGED",
                subject_kind="item",
                subject_key=f"n{number}",
                before={"pack_units": number},
                after={"pack_units": number + 1},
            )


@pytest.fixture
def written(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A trail of nine records, read four a page."""
    monkeypatch.setattr("app.audit.export.RECORDS_A_PAGE", 4)
    with trail.acting_from("command test"):
        write_records(database, RECORDS)
    return database


def codes(database: Database, *heads: SignedHead) -> list[str]:
    return [f"{fault.code}:{fault.params['seq']}" for fault in verify_trail(database, heads)]


def tamper(database: Database, *statements: str) -> None:
    """What somebody with all rights on the database can do: the guards away, then anything."""
    with seeding(database) as session:
        if database.is_sqlite:
            names = session.scalars(text("SELECT name FROM sqlite_schema WHERE type = 'trigger'")).all()
            for name in names:
                session.execute(text(f"DROP TRIGGER {name}"))
        else:
            session.execute(text("ALTER TABLE audit_record DISABLE TRIGGER ALL"))
        for statement in statements:
            session.execute(text(statement))


def rewrite(database: Database, first: int) -> None:
    """Give all records from one on digests that fit again, and the head too."""
    tamper(database)
    with seeding(database) as session:
        before = session.get(AuditRecord, first - 1)
        digest = before.digest if before else FIRST_DIGEST
        for record in session.query(AuditRecord).filter(AuditRecord.seq >= first).order_by(AuditRecord.seq):
            record.previous_digest = digest
            digest = record.digest = digest_of(record)
        last = session.execute(text("SELECT max(seq) FROM audit_record")).scalar_one()
        session.execute(text("UPDATE audit_head SET seq = :seq, digest = :digest"), {"seq": last, "digest": digest})


COLUMNS = "at, actor, origin, action, subject_kind, subject_key, before, after"
INSERTED = (
    f"INSERT INTO audit_record (seq, {COLUMNS}, previous_digest, digest) "
    f"SELECT 5, {COLUMNS}, previous_digest, '{'a' * 64}' FROM audit_record WHERE seq = 4"
)
MAKE_ROOM = ("UPDATE audit_record SET seq = seq + 100 WHERE seq >= 5",)
SHIFT = (*MAKE_ROOM, "UPDATE audit_record SET seq = seq - 99 WHERE seq >= 105")
SWAP = tuple(f"UPDATE audit_record SET seq = {new} WHERE seq = {old}" for old, new in ((3, 1000), (6, 3), (1000, 6)))


def test_an_untouched_trail_is_whole(written: Database) -> None:
    assert codes(written) == []


def test_an_empty_trail_is_whole(database: Database) -> None:
    assert codes(database) == []


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'somebody else'",
        "action = 'ITEM_CREATED'",
        "before = '{}'",
        "after = 'null'",
        "subject_key = 'x'",
        "subject_kind = 'lot'",
        "origin = 'address 10.0.0.1'",
        "origin = ''",
        f"previous_digest = '{'b' * 64}'",
        f"digest = '{'c' * 64}'",
        "at = '2020-01-31 05:00:00'",
    ],
)
def test_a_changed_record_is_found_whatever_was_changed(written: Database, change: str) -> None:
    tamper(written, f"UPDATE audit_record SET {change} WHERE seq = 4")
    assert "record_changed:4" in codes(written)


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param(("DELETE FROM audit_record WHERE seq IN (4, 5)",), ["record_missing:4"], id="removed"),
        pytest.param(("DELETE FROM audit_record WHERE seq = 1",), ["record_missing:1"], id="first removed"),
        pytest.param(
            (*SHIFT, INSERTED), [f"record_changed:{n}" for n in (5, 6, 7, 8, 9)], id="inserted and renumbered"
        ),
        pytest.param(SWAP, ["record_changed:3", "record_changed:6"], id="reordered"),
        pytest.param(("DELETE FROM audit_record WHERE seq > 6",), ["trail_cut_off:9"], id="truncated"),
        pytest.param(("DELETE FROM audit_record",), ["trail_cut_off:9"], id="emptied"),
        pytest.param(("DELETE FROM audit_head",), ["record_beyond_head:9"], id="head removed"),
        pytest.param((f"UPDATE audit_head SET digest = '{'d' * 64}'",), ["head_differs:9"], id="head changed"),
        pytest.param(("UPDATE audit_head SET seq = 5",), ["head_differs:5", "record_beyond_head:9"], id="head back"),
    ],
)
def test_tampering_is_found(written: Database, statements: tuple[str, ...], expected: list[str]) -> None:
    tamper(written, *statements)
    found = codes(written)
    assert [code for code in expected if code not in found] == []


def test_a_record_put_in_with_a_digest_that_fits_is_found(written: Database) -> None:
    tamper(written, *SHIFT, INSERTED)
    with written.write() as session:
        record = session.get(AuditRecord, 5)
        assert record is not None
        record.previous_digest = session.get(AuditRecord, 4).digest
        record.digest = digest_of(record)
    assert codes(written)[0] == "record_changed:6"


def test_a_changed_record_with_a_digest_that_fits_is_found_by_the_next(written: Database) -> None:
    tamper(written, "UPDATE audit_record SET actor = 'x' WHERE seq = 4")
    with written.write() as session:
        record = session.get(AuditRecord, 4)
        record.digest = digest_of(record)
    assert codes(written) == ["record_not_linked:5"]


Rewriting = Callable[[Database], None]


def _changed(database: Database) -> None:
    tamper(database, "UPDATE audit_record SET actor = 'x' WHERE seq = 4")
    rewrite(database, 4)


def _cut_off(database: Database) -> None:
    tamper(database, "DELETE FROM audit_record WHERE seq > 6")
    rewrite(database, 6)


def _cut_off_and_grown_again(database: Database) -> None:
    _cut_off(database)
    write_records(database, 5, actor="forger")


@pytest.mark.parametrize(
    ("forge", "expected"),
    [
        (_changed, ["exported_head_differs:9"]),
        (_cut_off, ["exported_head_beyond:9"]),
        (_cut_off_and_grown_again, ["exported_head_differs:9"]),
    ],
)
def test_only_an_exported_head_shows_that_the_whole_trail_was_rewritten(
    written: Database, settings: Settings, forge: Rewriting, expected: list[str]
) -> None:
    with written.read() as session:
        head = read_head(session)
    exported = sign_head(signing_key(settings), seq=head.seq, digest=head.digest, at=NOON)
    write_records(written, 1)
    assert codes(written, exported) == []
    forge(written)
    assert codes(written) == []
    assert codes(written, exported) == expected


def test_the_time_zone_of_the_writer_changes_no_digest(database: Database) -> None:
    china = NOON.astimezone(timezone(timedelta(hours=8)))
    with database.write() as session:
        trail.record(session, at=china, actor="x", action="A", subject_kind="item", subject_key=1)
    assert codes(database) == []


def test_records_from_before_origins_still_prove_themselves(database: Database) -> None:
    """A record without an origin, with its digest as it was computed before records had one."""
    fields = {
        "seq": 1,
        "at": NOON,
        "actor": "keeper",
        "action": "ITEM_CREATED",
        "subject_kind": "item",
        "subject_key": "n95",
        "before": "null",
        "after": "{}",
        "previous_digest": FIRST_DIGEST,
    }
    import hashlib

    digest = hashlib.sha256(canonical_json(fields).encode()).hexdigest()
    with database.write() as session:
        session.execute(
            text(
                "INSERT INTO audit_record (seq, at, actor, action, subject_kind, subject_key, before, after, "
                "previous_digest, digest) VALUES (1, '2020-01-31 04:00:00', 'keeper', 'ITEM_CREATED', 'item', 'n95', "
                "'null', '{}', :previous, :digest)"
            ),
            {"previous": FIRST_DIGEST, "digest": digest},
        )
        session.execute(text("UPDATE audit_head SET seq = 1, digest = :digest"), {"digest": digest})
    with trail.acting_from("command test"):
        write_records(database, 2)
    assert codes(database) == []
    tamper(database, "UPDATE audit_record SET origin = 'address 10.0.0.1' WHERE seq = 1")
    assert codes(database) == ["record_changed:1"]


def test_the_export_holds_every_record_and_its_digests(written: Database, tmp_path: Path) -> None:
    import hashlib
    import json

    path = tmp_path / "trail.jsonl"
    head = export_records(written, path)
    assert head == Head(seq=RECORDS, digest=head.digest)
    previous = FIRST_DIGEST
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == RECORDS
    for line in lines:
        row = json.loads(line)
        digest = row.pop("digest")
        assert row["previous_digest"] == previous
        previous = hashlib.sha256(canonical_json(row).encode()).hexdigest()
        assert digest == previous
    assert previous == head.digest
    assert [file.name for file in tmp_path.glob("trail*")] == ["trail.jsonl"]


class TestSigning:
    """Heads signed by the installation's key."""

    @pytest.fixture
    def settings(self, tmp_path: Path) -> Settings:
        return Settings(database_url=f"sqlite:///{tmp_path}/deep/x.db")

    def head(self, settings: Settings) -> SignedHead:
        return sign_head(signing_key(settings), seq=7, digest="e" * 64, at=datetime(2020, 1, 31, tzinfo=UTC))

    def test_the_key_is_made_once_for_its_owner_only(self, settings: Settings, tmp_path: Path) -> None:
        first = public_key_of(signing_key(settings))
        key = tmp_path / "deep" / "audit.key"
        assert key.stat().st_mode & 0o777 == 0o600
        assert public_key_of(signing_key(settings)) == first
        assert [path.name for path in key.parent.iterdir()] == ["audit.key"]

    def test_a_key_that_others_may_read_is_refused(self, settings: Settings, tmp_path: Path) -> None:
        signing_key(settings)
        (tmp_path / "deep" / "audit.key").chmod(0o640)
        with pytest.raises(InvalidInputError, match="Others may read"):
            signing_key(settings)

    def test_with_postgresql_a_key_must_be_given(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file in a container is lost with it, and two machines would sign with two keys."""
        monkeypatch.chdir(tmp_path)
        with pytest.raises(InvalidInputError, match="TONGCHOU_AUDIT_KEY"):
            signing_key(Settings(database_url="postgresql+psycopg://me@host/city"))
        assert list(tmp_path.iterdir()) == []

    def test_a_key_can_be_given(self, settings: Settings, tmp_path: Path) -> None:
        given = settings.model_copy(update={"audit_key": SecretStr("A" * 43 + "=")})
        assert public_key_of(signing_key(given)) == public_key_of(signing_key(given))
        assert not (tmp_path / "deep").exists()

    @pytest.mark.parametrize("key", ["", "x", "A" * 44, "密", "A" * 100])
    def test_a_malformed_key_is_refused(self, settings: Settings, key: str) -> None:
        with pytest.raises(InvalidInputError, match="TONGCHOU_AUDIT_KEY"):
            signing_key(settings.model_copy(update={"audit_key": SecretStr(key)}))

    def test_a_signed_head_is_read_again(self, settings: Settings) -> None:
        head = self.head(settings)
        assert head_from_json(canonical_json(asdict(head)), public_key=head.public_key) == head

    @pytest.mark.parametrize(
        "change", [{"seq": 8}, {"digest": "f" * 64}, {"at": "2020-02-01"}, {"signature": "A" * 86 + "=="}]
    )
    def test_a_changed_head_is_refused(self, settings: Settings, change: dict[str, object]) -> None:
        changed = replace(self.head(settings), **change)
        with pytest.raises(InvalidInputError, match="not valid"):
            head_from_json(canonical_json(asdict(changed)), public_key=changed.public_key)

    def test_a_head_of_another_key_is_refused(self, settings: Settings) -> None:
        head = self.head(settings)
        other = settings.model_copy(update={"audit_key": SecretStr("B" * 42 + "A=")})
        with pytest.raises(InvalidInputError, match="another key"):
            head_from_json(canonical_json(asdict(head)), public_key=public_key_of(signing_key(other)))

    @pytest.mark.parametrize("document", ["", "[]", "{}", "null", '{"seq": 1}', "\x00"])
    def test_something_else_is_refused(self, settings: Settings, document: str) -> None:
        with pytest.raises(InvalidInputError, match=r"not a tongchou\.audit-head/1 document"):
            head_from_json(document, public_key="x")
