"""Processes beside a first one end with it, or when their work is not wanted any more."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import parent_process
from multiprocessing.connection import wait
from threading import Thread

__all__ = ["close", "end_with_first"]


def end_with_first() -> None:
    """Ends this process once the first one is gone, whatever it does: nobody waits for it any more."""
    Thread(target=_watch, daemon=True).start()


def close(pool: ProcessPoolExecutor, *, at_once: bool) -> None:
    """Leaves no process of the pool; ``at_once``: without what they are at."""
    if at_once:
        # They hold nothing that could be left half done, and must not finish what nobody waits for.
        for process in list((pool._processes or {}).values()):
            process.terminate()
    pool.shutdown(wait=True, cancel_futures=True)


def _watch() -> None:
    first = parent_process()
    if first is not None:
        wait([first.sentinel])
        os._exit(1)
