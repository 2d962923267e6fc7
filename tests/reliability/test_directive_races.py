"""Directives at once against each other: what is free is promised once, whoever confirms at the same moment."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from fastapi.testclient import TestClient

from app.auth import Actor
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import BusyError, ServiceError
from app.core.rights import ALL_RIGHTS
from app.core.work import Work
from app.dispatch.directives import confirm_directive
from app.planning.directives.schemas import NewDirective
from app.planning.directives.service import order_directive
from tests.conftest import TODAY
from tests.dispatch.city import assert_balanced, stock_of
from tests.planning.city import receive

LEADER, DEPUTY = Actor.system("leader", ALL_RIGHTS), Actor.system("deputy", ALL_RIGHTS)
DIRECTIVES, UNITS = 12, 50


def test_free_stock_is_given_once_whoever_confirms_at_the_same_moment(
    client: TestClient, planning_city: None, database: Database, clock: Clock
) -> None:
    for lot in ("A", "B"):
        receive(client, "n95", 130, lot)  # five times 50, and a broken rest
    with database.write() as session:
        work = Work(session, LEADER, clock)
        new = NewDirective(
            facility="third", item="n95", quantity=UNITS, needed_by=TODAY, reason="at once", at_once=True
        )
        codes = [order_directive(work, new).code for _ in range(DIRECTIVES)]
    barrier = threading.Barrier(DIRECTIVES)

    def confirm(code: str) -> str:
        barrier.wait()
        while True:
            try:
                with database.write() as session:
                    confirm_directive(Work(session, DEPUTY, clock), code)
                return "done"
            except BusyError:
                continue
            except ServiceError as refusal:
                return refusal.faults[0].code

    with ThreadPoolExecutor(DIRECTIVES) as pool:
        outcomes = Counter(pool.map(confirm, codes))
    assert outcomes == {"done": 5, "directive_beyond_stock": 7}
    assert sum(reserved for _, reserved in stock_of(database).values()) == 5 * UNITS
    assert_balanced(database)
