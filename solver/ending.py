"""Processes beside a first one end with it."""

from __future__ import annotations

import os
from multiprocessing import parent_process
from multiprocessing.connection import wait
from threading import Thread

__all__ = ["end_with_first"]


def end_with_first() -> None:
    """Ends this process once the first one is gone, whatever it does: nobody waits for it any more."""
    Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    first = parent_process()
    if first is not None:
        wait([first.sentinel])
        os._exit(1)
