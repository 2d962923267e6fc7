"""How long the page of a plan takes, and what the garbage collector adds: ``python -m benchmarks.pages``.

The service with the sample answers the same pages in turn, in its own process, once as it is started and once with
what stays until the end put out of the garbage collector's sight, as ``tongchou serve`` does; turn by turn in one run.
What counts are the ratios.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean, median

from fastapi.testclient import TestClient

from app.auth.demo import DEMO_PASSWORD
from app.catalog.types import Program
from app.commands.demo import demo_clock, prepare
from app.core.database import Database
from app.core.settings import Settings
from app.main import create_app

PAGES = ("/plans/PLAN-2020-00001", "/plans/PLAN-2020-00001/facilities", "/stock", "/requisitions")
WAYS = ("as it is", "frozen")

Taken = dict[str, dict[str, list[float]]]


@contextmanager
def visitor() -> Iterator[TestClient]:
    """Somebody who is logged in at a service with the sample."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database_url=f"sqlite:///{Path(folder) / 'bench.db'}", demo=True)
        clock = demo_clock(settings)
        database = Database(settings)
        assert list(prepare(database, settings, clock)) == list(Program)
        database.close()
        with TestClient(create_app(settings, clock)) as client:
            log_in = client.post("/api/v1/sessions", json={"login": "leader", "password": DEMO_PASSWORD})
            assert log_in.status_code == 204, log_in.text
            yield client


def measure(client: TestClient, rounds: int, calls: int) -> Taken:
    """By way and page, the seconds of every call."""
    found: Taken = {way: {page: [] for page in PAGES} for way in WAYS}
    for _ in range(rounds):
        for way in WAYS:
            gc.unfreeze()
            if way == "frozen":
                gc.collect()
                gc.freeze()
            for page in PAGES:
                for _ in range(calls):
                    begun = time.perf_counter()
                    answer = client.get(page)
                    found[way][page].append(time.perf_counter() - begun)
                    assert answer.status_code == 200, answer.text
    return found


def table(found: Taken) -> str:
    """Median, mean and longest of each page, in milliseconds, and the mean as a ratio to the service as it is."""
    lines = ["| page | way | calls | median ms | mean ms | longest ms | mean, ratio |", "|---" * 7 + "|"]
    for page in PAGES:
        base = fmean(found[WAYS[0]][page])
        for way in WAYS:
            seconds = found[way][page]
            told = (f"{figure(seconds) * 1000:.0f}" for figure in (median, fmean, max))
            lines.append(f"| `{page}` | {way} | {len(seconds)} | {' | '.join(told)} | {fmean(seconds) / base:.2f} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description="Pages, with and without the garbage collector's long looks")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--calls", type=int, default=15, help="of each page in each round")
    options = parser.parse_args()
    with visitor() as client:
        print(table(measure(client, options.rounds, options.calls)))


if __name__ == "__main__":
    main()
