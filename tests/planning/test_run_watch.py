"""However many follow plan runs in a process, the database is asked once for all of them."""

from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import anyio
import pytest
from sqlalchemy import event

from app.core.clock import Clock
from app.core.database import Database
from app.core.work import Work
from app.planning.plans.schemas import NewPlan
from app.planning.runs import service as runs
from app.planning.runs import watch as watching
from app.planning.runs.watch import RunWatch, Standing
from app.planning.solving.process import Progress
from tests.conftest import OPERATOR


@pytest.fixture
def codes(database: Database, clock: Clock, planning_city: None) -> list[str]:
    """Two runs that wait."""
    with database.write() as session:
        new = NewPlan.model_validate({"program": "medical"})
        return [runs.ask_for_plan(Work(session, OPERATOR, clock), new).code for _ in range(2)]


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What is asked of the runs in the block."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "plan_run" in statement:
            found.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def _run_apart(follow: Callable[[], Awaitable[None]]) -> None:
    """Run it in a thread of its own: where browser tests ran before, this thread has an event loop already."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, follow).result()


async def _ask_at_once(watch: RunWatch, codes: list[str], times: int) -> list[Standing | None]:
    found: list[Standing | None] = []

    async def ask(code: str) -> None:
        found.append(await watch.standing(code))

    async with anyio.create_task_group() as group:
        for n in range(times):
            group.start_soon(ask, codes[n % len(codes)])
    return found


def test_a_hundred_listeners_cost_one_query(database: Database, codes: list[str]) -> None:
    async def follow() -> None:
        watch = RunWatch(database)
        with statements(database) as asked:
            found = await _ask_at_once(watch, codes, 100)
            assert len(found) == 100
            assert None not in found
            assert len(asked) == 1
            await _ask_at_once(watch, codes, 100)
            assert len(asked) == 1, "what was read just now is still good"
            await anyio.sleep(watching.LOOK_SECONDS)
            await _ask_at_once(watch, codes, 100)
            assert len(asked) == 2

    _run_apart(follow)


def test_news_is_seen_and_the_other_run_stands_as_before(
    database: Database, codes: list[str], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0)
    claim = runs.claim_next(database, "worker", clock)
    assert claim is not None

    async def follow() -> None:
        watch = RunWatch(database)
        seen = [await watch.standing(code) for code in codes]
        progress = Progress(stage="bands", done=0.5, band="B", component=1, components=2)
        runs.report(database, claim, progress, clock)
        first, second = [await watch.standing(code) for code in codes]
        assert (first != seen[0], second == seen[1]) == (True, True)
        runs.report(database, claim, progress, clock)
        assert await watch.standing(codes[0]) == first, "a sign of life is no news"
        with database.write() as session:
            runs.cancel_run(Work(session, OPERATOR, clock), codes[0])
        assert await watch.standing(codes[0]) != first

    _run_apart(follow)


def test_a_run_that_nobody_follows_is_not_polled(
    database: Database, codes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0)
    monkeypatch.setattr(watching, "FORGOTTEN_SECONDS", 0.05)

    async def follow() -> None:
        watch = RunWatch(database)
        assert await watch.standing("RUN-X") is None
        await watch.standing(codes[0])
        assert watch.polled == {"RUN-X", codes[0]}
        await anyio.sleep(0.06)
        await watch.standing(codes[1])
        assert watch.polled == {codes[1]}

    _run_apart(follow)
