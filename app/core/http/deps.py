"""What routes depend on: the clock, the database, and a session for reading or writing.

A session takes its connection with the first query. A dependency must therefore not query with the session that its
route uses: it would hold a connection while the request waits for a thread. `tests/core/test_routes.py` looks for it.
"""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.database import Database


async def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


async def _clock(request: Request) -> Clock:
    clock: Clock = request.app.state.clock
    return clock


def _reader(database: Annotated[Database, Depends(_database)]) -> Iterator[Session]:
    with database.read() as session:
        yield session


def _writer(database: Annotated[Database, Depends(_database)]) -> Iterator[Session]:
    with database.write() as session:
        yield session


# scope="function": the transaction is committed before the answer is sent, never after it.
Reader = Annotated[Session, Depends(_reader, scope="function")]
Writer = Annotated[Session, Depends(_writer, scope="function")]
Now = Annotated[Clock, Depends(_clock)]
OpenDatabase = Annotated[Database, Depends(_database)]
