"""No write is committed without an audit record, on both databases, but for the few that say why they need none."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Table, delete, insert, select, text, update
from sqlalchemy.orm import Session

from app.auth import sessions, throttle
from app.auth.models import Account, LoginSession
from app.auth.sessions import SessionLife
from app.auth.tokens import digest_of
from app.catalog.models import ItemAlias
from app.core import trail
from app.core.clock import Clock
from app.core.database import Base, Database
from app.core.http.idempotency import Answer, Call, answer_once
from app.core.numbering import lock_series
from app.core.rights import Role
from app.core.settings import Settings
from app.core.trail.models import AuditRecord
from app.core.work import Work
from app.core.write_guard import UnrecordedWriteError, exceptions_of
from app.notifications.models import Notification, NotificationRule
from app.notifications.sending import Sender
from app.notifications.types import NotificationChannel, NotificationState
from app.planning.plans.schemas import NewPlan
from app.planning.runs import service as runs
from app.planning.runs.signs import sign
from app.planning.solving.process import Progress
from tests.conftest import NOON, OPERATOR
from tests.seeding import seeding
from tests.stock.city import build_city

UNRECORDED = {
    "kept_answer",
    "login_throttle",
    "login_session.last_used_at",
    "notification.attempts",
    "notification.send_at",
    "number_series",
    "plan_run.band",
    "plan_run.component",
    "plan_run.components",
    "plan_run.done_permille",
    "plan_run.heartbeat_at",
    "plan_run.stage",
    "worker_sign",
}


@pytest.fixture
def alias(database: Database) -> ItemAlias:
    """A row to change or delete."""
    with seeding(database) as session:
        build_city(session)
        session.execute(insert(ItemAlias).values(alias="kept", item_id=1))
        return session.scalars(select(ItemAlias)).one()


def _record(session: Session) -> None:
    trail.record(session, at=NOON, actor="x", action="DONE", subject_kind="item", subject_key=1)


def _aliases(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(ItemAlias.alias).order_by(ItemAlias.id)))


def _change(session: Session, value: str) -> None:
    session.scalars(select(ItemAlias)).one().alias = value


WRITES: dict[str, tuple[Callable[[Session], object], list[str]]] = {
    "flushed insert": (lambda s: s.add(ItemAlias(alias="new", item_id=1)), ["kept", "new"]),
    "flushed update": (lambda s: _change(s, "new"), ["new"]),
    "flushed delete": (lambda s: s.delete(s.scalars(select(ItemAlias)).one()), []),
    "bulk insert": (lambda s: s.execute(insert(ItemAlias), [{"alias": "new", "item_id": 1}]), ["kept", "new"]),
    "bulk update": (lambda s: s.execute(update(ItemAlias).values(alias="new", version=ItemAlias.version + 1)), ["new"]),
    "bulk delete": (lambda s: s.execute(delete(ItemAlias)), []),
    "update of the table": (
        lambda s: s.execute(update(Base.metadata.tables["item_alias"]).values(alias="new")),
        ["new"],
    ),
    "update that returns": (
        lambda s: s.execute(
            update(ItemAlias).values(alias="new", version=ItemAlias.version + 1).returning(ItemAlias.id)
        ).all(),
        ["new"],
    ),
    "text": (lambda s: s.execute(text("UPDATE item_alias SET alias = 'new'")), ["new"]),
    "statement of the driver": (
        lambda s: s.connection().exec_driver_sql("DELETE FROM item_alias WHERE alias = 'kept'"),
        [],
    ),
}


@pytest.mark.parametrize("way", WRITES)
def test_a_write_is_committed_with_its_record_only(way: str, database: Database, alias: ItemAlias) -> None:
    write, after = WRITES[way]
    with pytest.raises(UnrecordedWriteError, match="item_alias"), database.write() as session:
        write(session)
    assert _aliases(database) == ["kept"]
    with database.write() as session:
        write(session)
        _record(session)
    assert _aliases(database) == after


def _undone(session: Session, act: Callable[[Session], None]) -> None:
    """Do it behind a savepoint, and take it back."""
    savepoint = session.begin_nested()
    act(session)
    session.flush()
    savepoint.rollback()


def test_what_changes_nothing_needs_no_record(database: Database, alias: ItemAlias) -> None:
    with database.write() as session:
        session.scalars(select(ItemAlias).with_for_update(of=ItemAlias)).all()
        session.execute(update(ItemAlias).where(ItemAlias.alias == "another").values(alias="new", version=9))
        _change(session, "kept")
        _undone(session, lambda session: _change(session, "undone"))
    assert _aliases(database) == ["kept"]


def test_a_record_that_a_savepoint_took_back_counts_for_nothing(database: Database, alias: ItemAlias) -> None:
    def change(session: Session) -> None:
        _change(session, "new")
        _undone(session, _record)

    with pytest.raises(UnrecordedWriteError), database.write() as session:
        change(session)
    assert _aliases(database) == ["kept"]
    with database.write() as session, session.begin_nested():
        _change(session, "new")
        with session.begin_nested():
            _record(session)
    assert _aliases(database) == ["new"]


def test_one_transaction_does_not_answer_for_the_next(database: Database, alias: ItemAlias) -> None:
    with database.write() as session:
        _change(session, "new")
        _record(session)
    with pytest.raises(UnrecordedWriteError), database.write() as session:
        _change(session, "newer")
    with database.write() as session:
        _change(session, "newest")
        _record(session)
    assert _aliases(database) == ["newest"]


def test_the_exceptions_are_few_and_each_says_why() -> None:
    found = exceptions_of(Base.metadata.sorted_tables)
    assert set(found) == UNRECORDED
    assert all(len(reason) > 20 for reason in found.values())


LIFE = SessionLife(idle=timedelta(hours=1), longest=timedelta(hours=12))


def _keep_an_answer(database: Database, _clock: Clock) -> None:
    call = Call(key="k", address="a", fingerprint="f")
    with database.write() as session:
        answer_once(session, call, "x", NOON, lambda: Answer(status=200, body=b"{}"), secret=False)


def _try_a_password(database: Database, _clock: Clock) -> None:
    with database.write() as session:
        throttle.take_attempt(session, login="nobody", address="192.0.2.7", now=NOON)


def _look_at_a_page(database: Database, _clock: Clock) -> None:
    began = NOON - LIFE.idle / 2
    account = Account(
        login="leader",
        name="L",
        role=Role.LEADER,
        password_hash="x",
        active=True,
        demo=False,
        must_change_password=False,
        second_factor=False,
        created_at=began,
        created_by="x",
    )
    with seeding(database) as session:
        session.add(account)
        session.flush()
        session.add(
            LoginSession(
                token_digest=digest_of("token"),
                account_id=account.id,
                address="192.0.2.7",
                began_at=began,
                last_used_at=began,
                ends_at=began + LIFE.longest,
                code_asked=False,
            )
        )
    assert (
        sessions.person_of(database, "token", life=LIFE, demo_accounts=False, second_factor_roles=frozenset(), now=NOON)
        is not None
    )


def _lock_a_series(database: Database, clock: Clock) -> None:
    with database.write() as session:
        lock_series(session, "RQ", clock.today())


def _report_progress(database: Database, clock: Clock) -> None:
    with database.write() as session:
        runs.ask_for_plan(Work(session, OPERATOR, clock), NewPlan.model_validate({"program": "medical"}))
    claim = runs.claim_next(database, "worker", clock)
    assert claim is not None
    runs.report(database, claim, Progress(stage="bands", done=0.5, band="B", component=1, components=2), clock)


def _sign(database: Database, clock: Clock) -> None:
    sign(database, "worker", clock)


def _send_a_message(database: Database, clock: Clock) -> None:
    rule = NotificationRule(
        name="Leaders",
        channel=NotificationChannel.WEBHOOK,
        target="http://127.0.0.1:9/",
        secret="x",
        role=Role.LEADER,
        language="en",
        tells_notices=True,
        tells_work=False,
        tells_late=False,
        active=True,
        active_since=NOON,
        created_at=NOON,
        created_by="x",
    )
    with seeding(database) as session:
        session.add(
            Notification(
                message_id="m",
                rule=rule,
                event_key="e",
                kind="k",
                mark="",
                title="t",
                text="t",
                address="/",
                state=NotificationState.QUEUED,
                queued_at=NOON,
                send_at=NOON,
                attempts=0,
                fault_message="",
                fault_params={},
            )
        )
    assert Sender(database, clock, Settings(), lambda *_: "", name="worker").step()


NEEDED_BY = {
    "kept_answer": _keep_an_answer,
    "login_throttle": _try_a_password,
    "login_session.last_used_at": _look_at_a_page,
    "number_series": _lock_a_series,
    "worker_sign": _sign,
    "notification.attempts": _send_a_message,
    "notification.send_at": _send_a_message,
    **{name: _report_progress for name in sorted(UNRECORDED) if name.startswith("plan_run.")},
}


@pytest.mark.parametrize("name", sorted(UNRECORDED))
def test_no_exception_can_be_spared(
    name: str, database: Database, clock: Clock, planning_city: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    table: Table = Base.metadata.tables[name.partition(".")[0]]
    column = name.partition(".")[2]
    monkeypatch.delitem((table.columns[column] if column else table).info, "unrecorded")
    with pytest.raises(UnrecordedWriteError, match=table.name):
        NEEDED_BY[name](database, clock)


@pytest.mark.parametrize("act", sorted(set(NEEDED_BY.values()), key=lambda act: act.__name__))
def test_what_is_excepted_is_committed(
    act: Callable[[Database, Clock], None], database: Database, clock: Clock, planning_city: None
) -> None:
    act(database, clock)
    with database.read() as session:
        actions = set(session.scalars(select(AuditRecord.action)))
    assert actions <= {"POLICY_CREATED", "PLAN_RUN_QUEUED", "PLAN_RUN_STARTED", "NOTIFICATION_GIVEN_UP"}
