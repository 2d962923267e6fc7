"""Reminders to facilities that have not reported: recorded, counted, told apart by silence."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.catalog.types import Program
from app.core.clock import Clock
from app.core.database import Database
from app.core.trail.models import AuditRecord
from app.facilities.models import Facility
from app.requisitions.gaps import last_reports
from app.requisitions.reminder_models import ReportingReminder
from app.requisitions.reminders import Reminded, reminded
from tests.requisitions.city import NOW, REPORT, build_city, enter, line
from tests.seeding import seeding

REMINDERS = "/api/v1/reporting-reminders"


@pytest.fixture
def api(client: TestClient, database: Database) -> Iterator[TestClient]:
    """A client of a city in which nobody has reported."""
    with seeding(database) as session:
        build_city(session)
    return client


def told(*facilities: str, **more: Any) -> dict[str, Any]:
    """A reminder to these facilities."""
    return {"program": "medical", "facilities": list(facilities), "addressee": "Dr Wang, telephone", **more}


def silence(database: Database, facility: str) -> Reminded | None:
    """The reminders of a facility's present silence."""
    with database.read() as session:
        facility_id = session.scalars(select(Facility.id).where(Facility.code == facility)).one()
        last = last_reports(session, Program.MEDICAL, [facility_id])
        return reminded(session, Program.MEDICAL, [facility_id], last).get(facility_id)


def test_a_reminder_says_who_told_whom_and_when(api: TestClient, database: Database) -> None:
    answer = api.post(REMINDERS, json=told("clinic-1", "clinic-2", note="second try"))
    assert answer.status_code == 201
    assert [one["facility"] for one in answer.json()] == ["clinic-1", "clinic-2"]
    shown = answer.json()[0]
    assert (shown["reminded_by"], shown["addressee"], shown["note"]) == ("operator", "Dr Wang, telephone", "second try")
    assert shown["last_reported_on"] is None
    assert api.get(REMINDERS, params={"facility": "clinic-1"}).json()["items"] == [shown]
    assert api.get(REMINDERS, params={"program": "living"}).json()["items"] == []
    with database.read() as session:
        records = session.scalars(select(AuditRecord).order_by(AuditRecord.seq)).all()
    assert [(one.action, one.subject_kind) for one in records] == [("REPORT_REMINDED", "reporting_reminder")] * 2
    assert '"facility":"clinic-1"' in records[0].after


def test_reminders_are_counted_for_the_present_silence_only(api: TestClient, database: Database) -> None:
    assert silence(database, "clinic-1") is None
    for _ in range(2):
        assert api.post(REMINDERS, json=told("clinic-1")).status_code == 201
    assert silence(database, "clinic-1") == Reminded(
        times=2, last_at=NOW, last_by="operator", addressee="Dr Wang, telephone"
    )
    enter(api, line("suit", 1), reported_on="2020-01-25", **REPORT)
    assert silence(database, "clinic-1") is None, "it has reported since"
    assert api.post(REMINDERS, json=told("clinic-1", addressee="Ms Li")).status_code == 201
    found = silence(database, "clinic-1")
    assert found is not None
    assert (found.times, found.addressee) == (1, "Ms Li")
    assert api.get(REMINDERS).json()["items"][-1]["last_reported_on"] == "2020-01-25"


def test_every_fault_is_told_and_nobody_is_reminded(api: TestClient, database: Database) -> None:
    enter(api, line("suit", 1), facility="clinic-2", **REPORT)
    answer = api.post(REMINDERS, json=told("clinic-1", "nowhere", "clinic-2", "closed-1", "clinic-1"))
    assert answer.status_code == 422
    assert [(fault["code"], fault["where"]) for fault in answer.json()["faults"]] == [
        ("repeated", "facilities.4"),
        ("unknown_id", "facilities.1"),
        ("reported_already", "facilities.2"),
        ("inactive_facility", "facilities.3"),
    ]
    assert api.post(REMINDERS, json=told("clinic-1", addressee="")).status_code == 422
    assert api.post(REMINDERS, json=told()).status_code == 422
    assert api.get(REMINDERS).json()["items"] == []


def test_the_database_keeps_no_reminder_to_nobody(api: TestClient, database: Database, clock: Clock) -> None:
    with database.read() as session:
        facility_id = session.scalars(select(Facility.id).where(Facility.code == "clinic-1")).one()
    reminder = ReportingReminder(
        facility_id=facility_id,
        program=Program.MEDICAL,
        last_reported_on=date(2020, 1, 1),
        reminded_at=clock.now(),
        reminded_by="x",
        addressee="",
        note="",
    )
    with pytest.raises(IntegrityError), database.write() as session:
        session.add(reminder)
