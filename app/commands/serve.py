"""`tongchou serve`."""

import argparse
import gc

import uvicorn
from fastapi import FastAPI

from app.commands.worker import workers_beside
from app.core.clock import Clock
from app.core.settings import Settings
from app.main import create_app

GRACE_SECONDS = 3
"""At the end, answers that are still being sent get so long."""


def register(serving: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    serving.add_argument("--host", default="127.0.0.1", help="address to listen on (default: only this machine)")
    serving.add_argument("--port", type=int, default=8000)
    serving.add_argument(
        "--workers",
        type=_count,
        metavar="N",
        help="processes beside it that compute plans (default: 1 with SQLite; 0 with PostgreSQL, "
        "where `tongchou worker` runs on as many machines as you like)",
    )
    serving.set_defaults(run=serve)


def _count(text: str) -> int:
    count = int(text)
    if not 0 <= count <= 64:
        raise ValueError(text)
    return count


def serve(options: argparse.Namespace) -> int:
    """Serve until stopped; the database must have been migrated."""
    settings = Settings()
    clock = Clock(settings.city_zone)
    count = options.workers
    if count is None:
        count = 1 if settings.sqlite_path is not None else 0
    with workers_beside(settings, clock, count):
        listen(create_app(settings, clock), host=options.host, port=options.port)
    return 0


def listen(app: FastAPI, *, host: str, port: int) -> None:
    """Answer requests until stopped; those who follow a run's progress are sent away after a moment."""
    # Modules and routes stay until the end; looking through them for garbage makes some requests wait.
    gc.collect()
    gc.freeze()
    uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=GRACE_SECONDS)
