"""Rows that a test puts there itself, without a service: nobody did it, so no audit record tells of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session, sessionmaker

from app.core.database import Database


@contextmanager
def seeding(database: Database) -> Iterator[Session]:
    """A write session as `Database.write`, which is not refused where no audit record is appended."""
    engine = database.engine.execution_options(tongchou_writes=True)
    with sessionmaker(engine).begin() as session:
        yield session
