"""Does a plan that is being computed slow the answers of the service? ``python -m benchmarks.latency``.

One service with the sample on SQLite answers one caller who reads and writes in turn, in four situations side by side,
round after round in the same run: nothing is computed; a worker process beside the service computes a plan run (the way
of the service); the same plan is computed in a thread of the service; and inside its event loop, as an ``async def``
would. What counts are the ratios to the first: seconds belong to the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median, quantiles

import uvicorn

from app.auth.demo import DEMO_PASSWORD
from app.catalog.types import Program
from app.commands.demo import demo_clock, prepare
from app.commands.worker import workers_beside
from app.core.database import Database
from app.core.settings import Settings
from app.main import create_app
from app.planning.plans.models import AllocationPlan
from app.planning.solving.process import solve_document

IDLE, WORKER, THREAD, LOOP = "nothing computed", "a worker computes", "a thread computes", "the event loop computes"
SITUATIONS = (IDLE, WORKER, THREAD, LOOP)
SETTLE_SECONDS = 1.0


@dataclass(slots=True)
class Served:
    """A caller of the service that is measured, and the line on which its process is told to compute."""

    port: int
    orders: Connection
    cookie: str = ""
    made: int = 0
    connection: HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = HTTPConnection("127.0.0.1", self.port, timeout=120)

    def call(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of an answer."""
        headers = {"Cookie": self.cookie, "Content-Type": "application/json"}
        self.connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = self.connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()

    def log_in(self, login: str) -> None:
        """As one of the demo's accounts."""
        status, headers, _ = self.call("POST", "/api/v1/sessions", {"login": login, "password": DEMO_PASSWORD})
        assert status == 204, status
        self.cookie = headers["set-cookie"].partition(";")[0]

    def read(self) -> None:
        """The list of items."""
        status, _, _ = self.call("GET", "/api/v1/items?limit=50")
        assert status == 200, status

    def write(self) -> None:
        """A new partner, with its record in the audit trail."""
        self.made += 1
        new = {"code": f"bench-{self.made}", "name_zh": "测", "name_en": "Bench", "kind": "donor"}
        status, _, body = self.call("POST", "/api/v1/partners", new)
        assert status == 201, body


def _serve(settings: Settings, port: int, problem_json: str, orders: Connection) -> None:
    """The service; on `thread` or `loop` it computes plans there, one after the other, until `stop`."""
    app = create_app(settings, demo_clock(settings))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    computing = threading.Event()

    def compute() -> None:
        while computing.is_set():
            solve_document(problem_json, 600.0)

    async def take_orders() -> None:
        loop = asyncio.get_running_loop()
        while True:
            order = await loop.run_in_executor(None, orders.recv)
            if order == "end":
                server.should_exit = True
                return
            computing.clear()
            if order == "thread":
                computing.set()
                threading.Thread(target=compute, daemon=True).start()
            elif order == "loop":
                loop.call_soon(solve_document, problem_json, 600.0)
            orders.send("done")

    async def run() -> None:
        taking = asyncio.create_task(take_orders())
        await server.serve()
        await taking

    asyncio.run(run())


@contextmanager
def served() -> Iterator[Served]:
    """A service with the sample, its worker beside it."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database_url=f"sqlite:///{Path(folder) / 'bench.db'}", demo=True)
        database = Database(settings)
        clock = demo_clock(settings)
        assert list(prepare(database, settings, clock)) == list(Program)
        with database.read() as session:
            problem_json = session.get_one(AllocationPlan, 1).problem_json
        database.close()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(settings, port, problem_json, theirs))
        process.start()
        try:
            with workers_beside(settings, clock, 1):
                caller = Served(port=port, orders=ours)
                _wait_for(caller)
                caller.log_in("supplies")
                yield caller
        finally:
            ours.send("end")
            process.join(10)
            process.kill()


def _wait_for(caller: Served) -> None:
    ends_at = time.monotonic() + 60
    while True:
        try:
            caller.call("GET", "/healthz")
            return
        except OSError:
            assert time.monotonic() < ends_at, "the service did not start"
            caller.connection.close()
            time.sleep(0.1)


@contextmanager
def situation(caller: Served, name: str) -> Iterator[None]:
    """While the block runs, something is computed there (or nothing)."""
    if name == WORKER:
        status, headers, _ = caller.call("POST", "/api/v1/plan-runs", {"program": "medical"})
        assert status == 202, status
        run = headers["location"]
        while json.loads(caller.call("GET", run)[2])["state"] == "QUEUED":
            time.sleep(0.1)
    elif name != IDLE:
        caller.orders.send("thread" if name == THREAD else "loop")
        caller.orders.recv()
    time.sleep(SETTLE_SECONDS if name != LOOP else 0.0)
    yield
    if name == WORKER:
        caller.call("POST", f"{run}/cancel")
    elif name != IDLE:
        caller.orders.send("stop")
        caller.orders.recv()
        time.sleep(SETTLE_SECONDS)


def seconds_of(act: Callable[[], None], *, at_most: float, count: int) -> list[float]:
    """How long each of so many calls took, as many as fit into the time."""
    taken: list[float] = []
    ends_at = time.monotonic() + at_most
    while len(taken) < count and (not taken or time.monotonic() < ends_at):
        begun = time.perf_counter()
        act()
        taken.append(time.perf_counter() - begun)
    return taken


def measure(caller: Served, rounds: int, count: int, at_most: float) -> dict[str, dict[str, list[float]]]:
    """By situation and kind of call, the seconds of every call."""
    found: dict[str, dict[str, list[float]]] = {name: {"read": [], "write": []} for name in SITUATIONS}
    for turn in range(rounds):
        for name in SITUATIONS:
            if name == LOOP and turn > 0:
                continue  # nobody is answered for as long as the solve takes: once is enough
            with situation(caller, name):
                for kind, act in (("read", caller.read), ("write", caller.write)):
                    found[name][kind] += seconds_of(act, at_most=at_most, count=count)
    return found


def _percentile(seconds: Sequence[float], percent: int) -> float:
    return quantiles(seconds, n=100)[percent - 1] if len(seconds) > 1 else seconds[0]


def table(found: dict[str, dict[str, list[float]]]) -> str:
    """Median, 95th percentile and longest of each, in milliseconds and as a ratio to nothing computed."""
    lines = ["| situation | call | calls | median ms | ratio | p95 ms | ratio | longest ms | ratio |", "|---" * 9 + "|"]
    for name in SITUATIONS:
        for kind, seconds in found[name].items():
            base = found[IDLE][kind]
            cells = []
            for figure in (median, lambda values: _percentile(values, 95), max):
                cells += [f"{figure(seconds) * 1000:.1f}", f"{figure(seconds) / figure(base):.2f}"]
            lines.append(f"| {name} | {kind} | {len(seconds)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description="The service's answers while a plan is computed")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=100, help="of each kind in each situation and round")
    parser.add_argument("--seconds", type=float, default=4.0, help="at most for these calls")
    options = parser.parse_args()
    with served() as caller:
        print(table(measure(caller, options.rounds, options.calls, options.seconds)))


if __name__ == "__main__":
    main()
