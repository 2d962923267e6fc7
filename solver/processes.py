"""Child processes: a pool of workers that never outlive this process, and a command that can be stopped."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeVar

__all__ = ["SPAWN", "WorkerPool", "run_command"]

Result = TypeVar("Result")

SPAWN = get_context("spawn")
"""Workers are spawned, not forked: a service has threads, and locks that a fork would copy in whatever state."""


class WorkerPool:
    """Worker processes, started when the first task is submitted; a context manager after which none is left.

    Where the block ends by an error they are terminated at once, else when they are done. A worker whose parent is
    gone ends by itself.
    """

    def __init__(
        self, count: int, initializer: Callable[..., None] | None = None, arguments: Sequence[Any] = ()
    ) -> None:
        """``initializer`` is called with ``arguments`` in each worker before its first task."""
        self._count = count
        self._prepare = (initializer, tuple(arguments))
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(at_once=kind is not None)

    def submit(self, function: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Hands a call to a worker.

        Raises BrokenProcessPool once a worker has died, RuntimeError once the pool is closed.
        """
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._count, mp_context=SPAWN, initializer=_begin, initargs=self._prepare)
        return self._pool.submit(function, *arguments)

    def close(self, *, at_once: bool) -> None:
        """Leaves no worker; ``at_once``: without waiting for their tasks."""
        if self._pool is None:
            return
        if at_once:
            # They hold nothing that could be left half done, and must not finish what nobody waits for.
            for process in list((self._pool._processes or {}).values()):
                process.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)


def run_command(command: Sequence[str], *, check: Callable[[], None], poll_seconds: float) -> int:
    """Runs a command without input or output and returns its exit code.

    ``check`` is called every ``poll_seconds``; when it raises, the process is killed. Raises OSError when the command
    cannot be run.
    """
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet) as process:  # noqa: S603 - the caller's own
        try:
            while True:
                try:
                    return process.wait(poll_seconds)
                except subprocess.TimeoutExpired:
                    check()
        except BaseException:
            process.kill()
            raise


def _begin(initializer: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    """The first thing that a worker does."""
    Thread(target=_end_with_parent, daemon=True).start()
    if initializer is not None:
        initializer(*arguments)


def _end_with_parent() -> None:
    """Ends this process once its parent is gone, whatever it does: nobody waits for it any more."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
