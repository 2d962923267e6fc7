"""Polls plan runs for all who follow them in this process: one query every `LOOK_SECONDS`, however many listen."""

from collections.abc import Iterable
from typing import Annotated

import anyio
from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import select

from app.core.database import Database
from app.planning.runs.models import PlanRun

LOOK_SECONDS = 0.4
"""What listeners are told is no older than this; they ask again after as long."""

FORGOTTEN_SECONDS = 10 * LOOK_SECONDS
"""A run that nobody has asked for in this time is not polled any more."""

Standing = tuple[object, ...]
"""Version, stage, band, component, components, thousandths done: equal where a run shows nothing new."""

_STANDING = (
    PlanRun.version,
    PlanRun.stage,
    PlanRun.band,
    PlanRun.component,
    PlanRun.components,
    PlanRun.done_permille,
)


class RunWatch:
    """How the runs stand that somebody in this process follows.

    Whoever asks first after `LOOK_SECONDS` polls for all of them; the others wait for the answer without holding a
    thread or a connection.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = anyio.Lock()
        self._asked_at: dict[str, float] = {}
        self._standings: dict[str, Standing] = {}
        self._looked_at = float("-inf")

    @property
    def polled(self) -> frozenset[str]:
        """The codes that the last poll asked for or the next one will."""
        return frozenset(self._asked_at)

    async def standing(self, code: str) -> Standing | None:
        """How a run stands, at most `LOOK_SECONDS` old; None where there is no such run."""
        self._asked_at[code] = anyio.current_time()
        if not self._is_fresh(code):
            async with self._lock:
                if not self._is_fresh(code):
                    await self._look()
        return self._standings.get(code)

    def _is_fresh(self, code: str) -> bool:
        return code in self._standings and anyio.current_time() - self._looked_at < LOOK_SECONDS

    async def _look(self) -> None:
        now = anyio.current_time()
        self._asked_at = {code: at for code, at in self._asked_at.items() if now - at < FORGOTTEN_SECONDS}
        self._standings = await run_in_threadpool(self._read, tuple(self._asked_at))
        self._looked_at = now

    def _read(self, codes: Iterable[str]) -> dict[str, Standing]:
        with self._database.read() as session:
            rows = session.execute(select(PlanRun.code, *_STANDING).where(PlanRun.code.in_(codes)))
            return {code: tuple(standing) for code, *standing in rows}


async def _watch(request: Request) -> RunWatch:
    watch: RunWatch = request.app.state.run_watch
    return watch


SharedWatch = Annotated[RunWatch, Depends(_watch)]
