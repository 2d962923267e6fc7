"""Runs one way of solving in a process of its own and measures it: wall, CPU and peak memory."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RESULT = "result:"
PROGRESS = "progress:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one way took. ``failed`` says why there is no answer: the cap passed, or an error; ``cpu_seconds`` is
    then what had been used when it last told how far it was.

    ``peak_bytes`` is the largest resident memory of the process while it worked, interpreter and problem
    included, and of its children (each counted at the largest of them).
    """

    way: str
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    detail: dict[str, Any] = field(default_factory=dict)
    failed: str = ""


def run_apart(spec: dict[str, Any], cap_seconds: float) -> Measured:
    """Starts ``benchmarks.child`` for the spec, waits at most the cap for it, and ends it and its children then."""
    command = [sys.executable, "-m", "benchmarks.child", json.dumps(spec)]
    begun = time.monotonic()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"},
        cwd=Path(__file__).parents[1],
    )
    try:
        out, err = process.communicate(timeout=cap_seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, _ = process.communicate()
        cpu, _, reached = _last(out, PROGRESS).partition(" ")
        failed = f"> {cap_seconds:g} s" + (f" ({reached})" if reached else "")
        return _nothing(spec, time.monotonic() - begun, float(cpu or 0.0), failed)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    told = _last(out, RESULT)
    if process.returncode or not told:
        last = err.strip().splitlines()[-1:] or [f"ended with code {process.returncode}"]
        return _nothing(spec, time.monotonic() - begun, 0.0, last[0][:300])
    return Measured(**json.loads(told))


def measured(way: str, work: Callable[[], dict[str, Any]]) -> Measured:
    """Does the work here and measures it, with what its child processes took."""
    _forget_peak()
    cpu, wall = cpu_seconds(), time.perf_counter()
    detail = work()
    wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
    own, children = _peak_bytes(), detail.pop("children", 1) * _child_peak_bytes()
    return Measured(
        way=way,
        wall_seconds=wall,
        cpu_seconds=cpu,
        peak_bytes=own + children,
        detail=detail | {"own_peak_bytes": own},
    )


def _nothing(spec: dict[str, Any], wall: float, cpu: float, failed: str) -> Measured:
    return Measured(way=spec["way"], wall_seconds=wall, cpu_seconds=cpu, peak_bytes=0, failed=failed)


def _last(text: str, mark: str) -> str:
    lines = [line.removeprefix(mark) for line in text.splitlines() if line.startswith(mark)]
    return lines[-1].strip() if lines else ""


def cpu_seconds() -> float:
    """CPU seconds of this process and of its children that have ended."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _forget_peak() -> None:
    """Linux starts counting the peak anew from what is resident now."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak_bytes() -> int:
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def _child_peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
