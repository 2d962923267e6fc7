"""Databases that take seconds to fill: filled once and copied for each test that asks for one."""

import fcntl
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.database import Database


def made_once(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str, name: str, make: Callable[[Path], None]
) -> Path:
    """The file of this name, made by the worker that is first here; the others wait for it."""
    own = tmp_path_factory.getbasetemp()
    folder = own if worker_id == "master" else own.parent
    path, done = folder / name, folder / f"{name}.done"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            make(path)
            done.touch()
    return path


def close_file(database: Database) -> None:
    """Close an SQLite database so that its file alone holds everything."""
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
