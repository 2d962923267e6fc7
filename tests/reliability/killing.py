"""Writers in processes of their own that are killed in mid-write, and what must be true of the database afterwards.

A writer does numbered jobs, one transaction each: claim an Idempotency-Key, take a delivery of two lots in, move a
part of each to the other warehouse, keep the answer. It says `begin` before each job and `done` with the receipt's
code after the commit. A kill counts only where it hit between the two. The next writer begins by repeating the job
that was cut off.
"""

import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from multiprocessing import get_context
from multiprocessing.connection import Connection

from sqlalchemy import select
from sqlalchemy.orm import Session, configure_mappers

from app.audit.verify import verify_trail
from app.core.clock import Clock
from app.core.database import Database
from app.core.http.idempotency import Answer, Call, answer_once
from app.core.http.models import KeptAnswer
from app.core.settings import Settings
from app.core.trail.models import AuditRecord
from app.core.work import Work
from app.facilities.models import Facility
from app.procurement.models import Receipt
from app.procurement.order_schemas import NewReceipt, NewReceiptLine
from app.procurement.service import receive_goods
from app.stock.cards import conservation_of
from app.stock.models import Lot, StockBalance, StockEvent
from app.stock.service import Movement, move_all
from app.stock.types import StockEnd, StockEventKind
from tests.conftest import NOON
from tests.stock.city import KEEPER

UNITS, MOVED_UNITS = 10, 4
LONGEST_WAIT_SECONDS = 0.15
"""A few jobs long, so that kills fall anywhere in a job."""
CARELESS_PAUSE_SECONDS = 0.1
"""As long as a job: many kills hit a careless writer where it can lose or tear, on a slow machine too."""
configure_mappers()  # once, in the server that the writers are forked from
_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.reliability.killing"])


def _key(job: int) -> Call:
    return Call(key=f"job-{job}", address="a" * 64, fingerprint=f"{job:064d}")


def _take_in(session: Session, job: int, clock: Clock) -> Receipt:
    lines = [NewReceiptLine(item="n95", lot_code=f"J{job}-{n}", accepted_units=UNITS) for n in (1, 2)]
    new = NewReceipt(
        partner="giver", warehouse="wh-1", received_on=clock.today(), confirmed_not_duplicate=True, lines=lines
    )
    return receive_goods(Work(session, KEEPER, clock), new)


def _move_on(session: Session, receipt: Receipt, day: date, clock: Clock) -> None:
    places = {place.code: place.id for place in session.scalars(select(Facility)).unique()}
    moves = [
        Movement(
            kind=StockEventKind.TRANSFER,
            lot_id=line.lot_id,
            quantity=MOVED_UNITS,
            from_end=StockEnd.WAREHOUSE,
            from_warehouse_id=places["wh-1"],
            to_end=StockEnd.WAREHOUSE,
            to_warehouse_id=places["wh-2"],
            occurred_on=day,
        )
        for line in receipt.lines
    ]
    move_all(Work(session, KEEPER, clock), moves)


def do_job(database: Database, job: int, clock: Clock) -> str:
    """The code of the job's receipt: all of it in one transaction, once however often it is called."""

    def work(session: Session) -> Answer:
        receipt = _take_in(session, job, clock)
        _move_on(session, receipt, clock.today(), clock)
        return Answer(status=201, body=receipt.code.encode())

    with database.write() as session:
        answer, _ = answer_once(session, _key(job), KEEPER.name, clock.now(), lambda: work(session), secret=False)
    assert answer.body is not None
    return answer.body.decode()


def do_job_carelessly(database: Database, job: int, clock: Clock, say: Connection) -> None:
    """Naive: the answer goes out before the commit, and the work is done in two transactions."""
    with database.write() as session:
        receipt = _take_in(session, job, clock)
        session.add(
            KeptAnswer(
                actor=KEEPER.name,
                idempotency_key=f"job-{job}",
                fingerprint=f"{job:064d}",
                begun_at=clock.now(),
                status=201,
                body=receipt.code,
            )
        )
        session.flush()
        if job % 2:
            _say(say, f"done {job} {receipt.code}")
            time.sleep(CARELESS_PAUSE_SECONDS)
        code = receipt.code
    if job % 2 == 0:
        time.sleep(CARELESS_PAUSE_SECONDS)
    with database.write() as session:
        again = session.scalars(select(Receipt).where(Receipt.code == code)).unique().one()
        _move_on(session, again, clock.today(), clock)
    if job % 2 == 0:
        _say(say, f"done {job} {code}")


def _say(say: Connection, line: str) -> None:
    os.write(say.fileno(), f"{line}\n".encode())


def write_until_killed(url: str, first: int, say: Connection, *, careless: bool) -> None:
    """What a writer's process does: jobs from `first` on, without end."""
    settings = Settings(database_url=url)
    database, clock = Database(settings), Clock(settings.city_zone, lambda: NOON)
    job = first
    while True:
        _say(say, f"begin {job}")
        if careless:
            do_job_carelessly(database, job, clock, say)
        else:
            _say(say, f"done {job} {do_job(database, job, clock)}")
        job += 1


@dataclass(slots=True)
class Log:
    """What writers have said over all their lives."""

    kills: int = 0
    """How many were killed between `begin` and `done`."""
    acknowledged: dict[int, str] = field(default_factory=dict)
    """Receipt by job."""
    cut_off: set[int] = field(default_factory=set)
    """Jobs during which a writer was killed."""


def live_once(url: str, log: Log, chance: random.Random, *, careless: bool = False) -> None:
    """One writer's life: started, killed with SIGKILL after a while, its words read."""
    first = max([0, *log.acknowledged, *(job - 1 for job in log.cut_off)]) + 1
    ear, mouth = _CONTEXT.Pipe(duplex=False)
    writer = _CONTEXT.Process(target=write_until_killed, args=(url, first, mouth), kwargs={"careless": careless})
    writer.start()
    mouth.close()
    said = b""
    while said.count(b"begin") < 2:  # its first job fills the caches and takes longer
        heard = os.read(ear.fileno(), 4096)
        assert heard, f"a writer died by itself: {writer.exitcode}"
        said += heard
    # A careless writer pauses: kills must fall anywhere in a job of each of its two kinds.
    time.sleep(chance.uniform(0, LONGEST_WAIT_SECONDS + (4 * CARELESS_PAUSE_SECONDS if careless else 0)))
    writer.kill()
    writer.join()
    while heard := os.read(ear.fileno(), 4096):
        said += heard
    ear.close()
    assert writer.exitcode == -9, "a writer died by itself"
    _read(said.decode().splitlines(), log)


def _read(lines: list[str], log: Log) -> None:
    begun = None
    for line in lines:
        verb, job, *code = line.split()
        if verb == "begin":
            begun = int(job)
        else:
            log.acknowledged[int(job)] = code[0]
            begun = None if begun == int(job) else begun
    if begun is not None:
        log.kills += 1
        log.cut_off.add(begun)


def wrongs_of(database: Database, log: Log) -> Iterator[str]:
    """Everything that must not be: acknowledged jobs that are lost, jobs that are there in part or twice."""
    with database.read() as session:
        kept = {row.idempotency_key: row.body for row in session.scalars(select(KeptAnswer))}
        receipts = {row.code: row for row in session.scalars(select(Receipt)).unique()}
        moved: dict[str, int] = {}
        for event in session.scalars(select(StockEvent)).unique():
            name = f"{event.lot.code}/{event.kind.value}/{event.quantity}"
            moved[name] = moved.get(name, 0) + 1
        recorded = set(session.scalars(select(AuditRecord.subject_key).where(AuditRecord.action == "GOODS_RECEIVED")))
        for job, code in sorted(log.acknowledged.items()):
            if kept.get(f"job-{job}") != code or code not in receipts:
                yield f"job {job} is lost: {code} was acknowledged"
        for key, code in sorted(kept.items()):
            yield from _torn(key.removeprefix("job-"), code or "", receipts, moved, recorded)
        if len(receipts) != len(kept):
            yield f"{len(receipts)} receipts of {len(kept)} jobs"


def _torn(
    job: str, code: str, receipts: dict[str, Receipt], moved: dict[str, int], recorded: set[str]
) -> Iterator[str]:
    lots = (f"J{job}-1", f"J{job}-2")
    expected = [f"{lot}/RECEIPT/{UNITS}" for lot in lots] + [f"{lot}/TRANSFER/{MOVED_UNITS}" for lot in lots]
    there = [moved.get(name, 0) for name in expected]
    lines = len(receipts[code].lines) if code in receipts else 0
    if there != [1, 1, 1, 1] or lines != 2 or code not in recorded:
        yield f"job {job} is torn: {code} has {lines} lines, events {there}, recorded {code in recorded}"


def books_of(database: Database) -> Iterator[str]:
    """Whether the trail is whole, and every lot conserves and lies where the jobs left it."""
    yield from (str(fault) for fault in verify_trail(database))
    with database.read() as session:
        lots = list(session.scalars(select(Lot.id)))
        wrong = [lot for lot, one in conservation_of(session, lots).items() if one.difference or one.received != UNITS]
        yield from (f"lot {lot} does not conserve" for lot in wrong)
        balances = {row.on_hand for row in session.scalars(select(StockBalance)).unique()}
        if not balances <= {MOVED_UNITS, UNITS - MOVED_UNITS}:
            yield f"balances are {sorted(balances)}"
