"""Figures for Prometheus: what is in the database at the moment, or that it does not answer."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import httpx
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from app.core.clock import Clock
from app.core.database import Database
from app.core.settings import Settings
from app.core.work import Work
from app.operations.metrics import Figures
from app.planning.plans.schemas import NewPlan
from app.planning.runs import service as runs
from app.planning.runs.signs import sign
from tests.conftest import NOON, OPERATOR


def figures(database: Database, clock: Clock) -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(Figures(database, clock))
    lines = generate_latest(registry).decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}


def test_the_queue_and_the_workers_are_counted(database: Database, clock: Clock, planning_city: None) -> None:
    new = NewPlan.model_validate({"program": "medical"})
    with database.write() as session:
        for _ in range(2):
            runs.ask_for_plan(Work(session, OPERATOR, clock), new)
    later = Clock(clock.city_zone, lambda: NOON + timedelta(seconds=90))
    sign(database, "worker a:1", later)
    sign(database, "worker gone:2", clock)
    assert runs.claim_next(database, "worker a:1", later) is not None
    found = figures(database, Clock(clock.city_zone, lambda: NOON + timedelta(seconds=160)))
    assert found["tongchou_database_up"] == 1
    assert found['tongchou_plan_runs{state="QUEUED"}'] == 1
    assert found['tongchou_plan_runs{state="RUNNING"}'] == 1
    assert found["tongchou_plan_run_oldest_wait_seconds"] == 160
    assert found["tongchou_workers_alive"] == 1
    assert found['tongchou_plan_run_last_seconds{kind="PLAN"}'] == 0
    assert found["tongchou_audit_records"] > 0


def test_a_database_that_does_not_answer_is_a_figure(clock: Clock) -> None:
    database = Database(Settings(database_url="postgresql+psycopg://nobody@127.0.0.1:1/nothing"))
    assert figures(database, clock) == {"tongchou_database_up": 0}


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_the_command_answers_on_a_port_of_its_own_until_it_is_stopped(settings: Settings, told: signal.Signals) -> None:
    command = [sys.executable, "-m", "app", "metrics", "--port", "0"]
    given = os.environ | {"TONGCHOU_DATABASE_URL": settings.database_url}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=given, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[0]
        assert "tongchou_database_up 1.0" in httpx.get(address, timeout=30).text
        process.send_signal(told)
        assert process.wait(timeout=30) == 0
