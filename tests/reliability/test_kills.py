"""kill -9 in mid-write: what was acknowledged is there, nothing is there in part, the trail is whole, stock conserves.

`TONGCHOU_KILLS=200` makes the long run (`make races`).
"""

import os
import random

from app.core.database import Database
from tests.reliability.killing import Log, books_of, live_once, wrongs_of
from tests.seeding import seeding
from tests.stock.city import build_city

KILLS = int(os.environ.get("TONGCHOU_KILLS", "8"))
LIVES_AT_MOST = 20 * KILLS
"""Most kills hit a writer in mid-write, since it does nothing else; those that do not are not counted."""
CARELESS_LIVES = 60
CHECKED_EVERY = 10


def test_no_kill_loses_what_was_acknowledged_or_leaves_a_part(database_url: str, database: Database) -> None:
    with seeding(database) as session:
        build_city(session)
    log, chance = Log(), random.Random(0)
    for life in range(LIVES_AT_MOST):
        live_once(database_url, log, chance)
        if life % CHECKED_EVERY == 0:
            assert list(wrongs_of(database, log)) == []
        if log.kills >= KILLS:
            break
    assert log.kills >= KILLS
    assert log.acknowledged, "no writer has written anything"
    assert [*wrongs_of(database, log), *books_of(database)] == []
    print(f"{log.kills} kills in mid-write, {len(log.acknowledged)} jobs acknowledged")


def test_the_harness_shows_what_a_careless_writer_loses_and_tears(database_url: str, database: Database) -> None:
    with seeding(database) as session:
        build_city(session)
    log, chance = Log(), random.Random(0)
    wrongs: set[str] = set()
    for _ in range(CARELESS_LIVES):
        live_once(database_url, log, chance, careless=True)
        log.cut_off.add(max([*log.cut_off, *log.acknowledged]) + 1)  # it cannot repeat: the next begins a new job
        wrongs |= {word for wrong in wrongs_of(database, log) for word in ("lost", "torn") if f"is {word}" in wrong}
        if wrongs == {"lost", "torn"}:
            break
    assert wrongs == {"lost", "torn"}
