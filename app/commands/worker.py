"""`tongchou worker`, and the worker processes that `tongchou serve` starts and restarts."""

import argparse
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import connection, get_context, parent_process
from multiprocessing.process import BaseProcess

from app.commands.logs import configure_logging
from app.commands.stopping import stop_on_signals
from app.core.clock import Clock
from app.core.database import Database
from app.core.settings import Settings
from app.market.forecasts import forecast_due
from app.market.watch import watch
from app.notifications.sending import Sender, send_beside
from app.planning.worker import Worker, worker_name
from app.web.kit.error_texts import notice_text

STOP_SECONDS = 10.0
"""A worker that was told to stop gives its run back and ends well within that; else it is killed."""

RESTART_SECONDS = 1.0
"""A worker that ended by itself is started again after so long."""

NICENESS = 5
"""Beside a service, plans are computed with what its answers leave of the processors."""

_log = logging.getLogger(__name__)


def register(command: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    command.set_defaults(run=run)


def run(_options: argparse.Namespace) -> int:
    """Compute what is asked for until stopped by SIGTERM or Ctrl-C; a run at work is given back for others."""
    configure_logging(requests=False)
    settings = Settings()
    print(f"{worker_name()} waits for plan runs (Ctrl-C stops)", flush=True)
    work(settings, Clock(settings.city_zone))
    return 0


def work(settings: Settings, clock: Clock) -> None:
    """Work in this process until a signal says stop, or the process that began this one has ended."""
    stop = stop_on_signals()
    threading.Thread(target=_stop_with_parent, args=(stop,), daemon=True).start()
    database = Database(settings)
    try:
        name = worker_name()
        sending = send_beside(Sender(database, clock, settings, notice_text, name=name), stop)
        Worker(
            database,
            clock,
            time_limit_seconds=settings.solver_time_limit_seconds,
            processes=settings.solver_processes or max(1, (os.cpu_count() or 1) - 1),
            chores=[lambda: watch(database, clock), lambda: forecast_due(database, clock)],
        ).run(stop)
        sending.join(STOP_SECONDS / 2)
    finally:
        database.close()


def _stop_with_parent(stop: threading.Event) -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        stop.set()


@contextmanager
def workers_beside(settings: Settings, clock: Clock, count: int) -> Iterator[None]:
    """While the block runs, so many worker processes work beside it; one that ends is started again."""
    ending = threading.Event()
    supervisors = [
        threading.Thread(target=_supervise, args=(settings, clock, ending), daemon=True) for _ in range(count)
    ]
    for supervisor in supervisors:
        supervisor.start()
    try:
        yield
    finally:
        ending.set()
        for supervisor in supervisors:
            supervisor.join()


def _work_beside(settings: Settings, clock: Clock) -> None:
    os.nice(NICENESS)
    work(settings, clock)


def _supervise(settings: Settings, clock: Clock, ending: threading.Event) -> None:
    context = get_context("spawn")  # a forked child would inherit the server's locks and connections
    while not ending.is_set():
        process = context.Process(target=_work_beside, args=(settings, clock), name="tongchou-worker")
        process.start()
        while not ending.is_set() and not connection.wait([process.sentinel], timeout=0.2):
            pass
        if ending.is_set():
            _end(process)
        else:
            process.join()
            _log.warning("A worker ended with %s and is started again.", process.exitcode)
            ending.wait(RESTART_SECONDS)
        process.close()


def _end(process: BaseProcess) -> None:
    process.terminate()
    process.join(STOP_SECONDS)
    if process.is_alive():
        process.kill()
        process.join()
