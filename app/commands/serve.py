"""`tongchou serve`."""

import argparse
import gc
import os
from importlib.metadata import version

import uvicorn
from fastapi import FastAPI
from sqlalchemy import make_url

from app.commands.logs import configure_logging
from app.commands.worker import workers_beside
from app.core.clock import Clock
from app.core.database import Database
from app.core.settings import Settings
from app.main import create_app
from app.operations.schema import refuse_other_schema

GRACE_SECONDS = 3
"""At the end, answers that are still being sent get so long."""

HEALTH_SECONDS = 30
"""A process beside others that does not answer the first one for so long is replaced."""


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
    serving.add_argument(
        "--processes",
        type=_processes,
        default=1,
        metavar="N",
        help="processes that answer requests (default: 1); each has TONGCHOU_POOL_SIZE connections and threads",
    )
    serving.add_argument("--quiet", action="store_true", help="no line of JSON for each request")
    serving.set_defaults(run=serve)


def _count(text: str) -> int:
    count = int(text)
    if not 0 <= count <= 64:
        raise ValueError(text)
    return count


def _processes(text: str) -> int:
    count = _count(text)
    if count == 0:
        raise ValueError(text)
    return count


def serve(options: argparse.Namespace) -> int:
    """Serve until stopped; raises `OtherSchemaError` where the database has not been migrated."""
    if options.quiet:
        os.environ["TONGCHOU_ACCESS_LOG"] = "false"  # for the processes beside this one, too
    settings = Settings()
    clock = Clock(settings.city_zone)
    configure_logging(requests=settings.access_log)
    database = Database(settings)
    try:
        refuse_other_schema(database)
    finally:
        database.close()
    count = options.workers
    if count is None:
        count = 1 if settings.sqlite_path is not None else 0
    where = f"http://{options.host}:{options.port}/ with {make_url(settings.database_url).render_as_string()}"
    beside = (
        f"{options.processes} serving and {count} worker processes; days of {settings.city_time_zone} (Ctrl-C stops)"
    )
    print(f"Tongchou {version('tongchou')} at {where}; {beside}", flush=True)
    with workers_beside(settings, clock, count):
        if options.processes == 1:
            listen(create_app(settings, clock), settings, host=options.host, port=options.port)
        else:
            listen(
                "app.commands.serve:application",
                settings,
                host=options.host,
                port=options.port,
                processes=options.processes,
            )
    return 0


def application() -> FastAPI:
    """The application of a process beside others, which reads the settings itself."""
    settings = Settings()
    configure_logging(requests=settings.access_log)
    application = create_app(settings, Clock(settings.city_zone))
    _freeze()
    return application


def _freeze() -> None:
    """Modules and routes stay until the end; looking through them for garbage makes some requests wait."""
    gc.collect()
    gc.freeze()


def listen(app: FastAPI | str, settings: Settings, *, host: str, port: int, processes: int = 1) -> None:
    """Answer requests until stopped; those who follow a run's progress are sent away after a moment.

    For several processes `app` is the name of a function that makes the application in each.
    """
    _freeze()
    uvicorn.run(
        app,
        factory=isinstance(app, str),
        workers=processes,
        timeout_worker_healthcheck=HEALTH_SECONDS,
        host=host,
        port=port,
        log_level="warning",
        forwarded_allow_ips=settings.trusted_proxies,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
