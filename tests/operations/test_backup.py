"""Backup and restore: between both kinds of database, beside writers, and from damaged files."""

import json
import stat
import threading
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Row, Table, create_engine, select

from app.__main__ import main
from app.catalog.models import Item
from app.core.clock import Clock
from app.core.database import Base, Database
from app.core.errors import ConflictError
from app.core.settings import Settings
from app.core.trail import record
from app.core.trail.models import AuditHead
from app.operations.archive import MANIFEST, ArchiveReader, DamagedBackupError
from app.operations.backup import LEFT_OUT, _referred_first, back_up
from app.operations.invariants import INVARIANTS, broken_invariants
from app.operations.restore import restore
from app.procurement.models import FundSource
from app.procurement.types import OverspendRule
from tests.conftest import CROSSED
from tests.planning.city import build_city
from tests.seeding import seeding


@pytest.fixture
def other(other_database_url: str) -> Iterator[Database]:
    database = Database(Settings(database_url=other_database_url))
    yield database
    database.close()


def content(database: Database) -> dict[str, Sequence[Row[Any]]]:
    """All rows of all tables that a backup holds."""
    with database.read() as session:
        return {
            table.name: session.execute(select(table).order_by(*table.primary_key.columns)).all()
            for table in Base.metadata.sorted_tables
            if table.name not in LEFT_OUT
        }


def rename_item(database: Database, code: str, name: str, clock: Clock) -> int:
    """An acknowledged write with its audit record; its number."""
    with database.write() as session:
        item = session.scalars(select(Item).where(Item.code == code)).one()
        item.name_en = name
        done = record(session, at=clock.now(), actor="a", action="ITEM_CHANGED", subject_kind="item", subject_key=code)
        return done.seq


def command(database: Database, *arguments: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TONGCHOU_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
        patch.setenv("LANG", "en_GB.UTF-8")
        return main(list(arguments))


def rewrite(path: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    """Change one file of the archive."""
    with zipfile.ZipFile(path) as archive:
        files = {one: archive.read(one) for one in archive.namelist()}
    files[name] = change(files[name])
    with zipfile.ZipFile(path, "w") as archive:
        for one, data in files.items():
            archive.writestr(one, data)


@pytest.mark.sample
@pytest.mark.parametrize(("database_url", "other_database_url"), CROSSED, indirect=True)
def test_the_sample_is_the_same_in_the_other_database(
    database: Database, other: Database, clock: Clock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "city.backup"
    assert command(database, "backup", str(path)) == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]
    assert command(other, "restore", str(path)) == 0
    assert "audit trail and ledger are whole" in capsys.readouterr().out
    assert content(other) == content(database)
    # New rows get keys of their own, and the trail goes on where it ended.
    with seeding(other) as session:
        old = session.get_one(Item, 1)
        values = {c.key: getattr(old, c.key) for c in Item.__table__.columns if c.key not in {"id", "code"}}
        session.add(Item(code="new", **values))
    rename_item(other, "new", "New", clock)
    assert command(other, "check") == 0


def test_a_backup_beside_writers_holds_all_that_was_acknowledged_before(
    database: Database, other: Database, clock: Clock, tmp_path: Path
) -> None:
    with database.write() as session:
        build_city(session, clock)
    stop, last = threading.Event(), [0]

    def write() -> None:
        while not stop.is_set():
            last[0] = rename_item(database, "n95", f"{last[0]}", clock)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while last[0] < 3:
            pass
        acknowledged = last[0]
        taken = back_up(database, tmp_path / "a", clock)
    finally:
        stop.set()
        writer.join()
    assert acknowledged <= taken.audit_seq <= last[0]
    restore(other, tmp_path / "a")
    with other.read() as session:
        assert session.scalars(select(AuditHead.seq)).one() == taken.audit_seq
        item = session.scalars(select(Item).where(Item.code == "n95")).one()
        assert int(item.name_en) == taken.audit_seq - 1


def test_only_an_empty_database_is_filled(
    database: Database, clock: Clock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.write() as session:
        build_city(session, clock)
    path = tmp_path / "a"
    back_up(database, path, clock)
    before = content(database)
    assert command(database, "restore", str(path)) == 1
    assert "not empty" in capsys.readouterr().err
    assert content(database) == before


DAMAGES: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "another number": ("tables/item.jsonl", lambda data: data.replace(b"12000000", b"12000001")),
    "a record left out": ("tables/audit_record.jsonl", lambda data: data.split(b"\n", 1)[1]),
    "no JSON": ("tables/item.jsonl", lambda data: data[:-10]),
    "no manifest": (MANIFEST, lambda _data: b"{}"),
    "another format": (MANIFEST, lambda data: data.replace(b"backup/1", b"backup/9")),
    "an unknown kind": (MANIFEST, lambda data: data.replace(b'"moment"', b'"minute"')),
    "a later release": (
        MANIFEST,
        lambda data: json.dumps(json.loads(data) | {"revision": "9999_later"}).encode(),
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_backup_is_refused_and_nothing_is_kept(
    database: Database, clock: Clock, tmp_path: Path, damage: str
) -> None:
    source = Database(Settings(database_url=f"sqlite:///{tmp_path}/source.db"))
    empty = content(database)
    path = tmp_path / "a"
    restore_from = tmp_path / "empty"
    back_up(database, restore_from, clock)
    restore(source, restore_from)
    with source.write() as session:
        build_city(session, clock)
    for name in ("one", "two"):
        rename_item(source, "n95", name, clock)
    back_up(source, path, clock)
    source.close()
    rewrite(path, *DAMAGES[damage])
    with pytest.raises(ConflictError):
        restore(database, path)
    assert content(database) == empty


def test_a_file_that_is_no_archive_is_named(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear all")
    with pytest.raises(DamagedBackupError) as refused:
        ArchiveReader(path)
    assert refused.value.faults[0].where == str(path)


def test_a_backup_with_a_ledger_that_does_not_add_up_is_refused(
    database: Database, other: Database, clock: Clock, tmp_path: Path
) -> None:
    with database.write() as session:
        build_city(session, clock)
        session.add(
            FundSource(
                code="F",
                name_zh="款",
                name_en="Fund",
                amount_fen=100,
                committed_fen=50,
                on_overspend=OverspendRule.STOP,
            )
        )
    back_up(database, tmp_path / "a", clock)
    with pytest.raises(DamagedBackupError) as refused:
        restore(other, tmp_path / "a")
    assert [fault.code for fault in refused.value.faults] == ["fund_differs_from_commitments"]
    assert command(database, "check") == 1


def test_every_invariant_can_be_asked_of_both_databases(database: Database) -> None:
    with database.read() as session:
        assert list(broken_invariants(session.connection())) == []
    assert len(INVARIANTS) >= 9


def test_rows_that_refer_to_later_ones_wait_for_them() -> None:
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("up", Integer, ForeignKey("t.id")))
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        rows = [(1, 4), (2, None), (3, 1), (4, 6), (5, 2), (6, None), (7, 3)]
        connection.execute(table.insert(), [{"id": key, "up": up} for key, up in rows])
        written = [row.id for row in _referred_first(connection.execute(select(table)), "up", "id")]  # type: ignore[attr-defined]
    engine.dispose()
    assert sorted(written) == [1, 2, 3, 4, 5, 6, 7]
    for key, up in rows:
        assert up is None or written.index(up) < written.index(key)
