"""What waits for somebody is told when more of it arrives, and when it is late; at most so often."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.clock import Clock
from app.core.database import Database
from app.core.settings import Settings
from tests.notifications.servers import Hook, hook
from tests.notifications.test_sending import enter, outbox, send_all
from tests.planning.city import post


@pytest.fixture
def receiver() -> Iterator[Hook]:
    with hook() as state:
        yield state


def submit(client: TestClient, item: str) -> None:
    line = {"item": item, "requested_units": 50, "needed_by": "2020-02-02", "reason": "use"}
    new = {"facility": "designated", "program": "medical", "reported_on": "2020-01-31", "lines": [line]}
    code = post(client, "/requisitions", new)["code"]
    post(client, f"/requisitions/{code}/submit", {})


def test_new_and_late_work_is_told_once_and_one_level_up(
    client: TestClient, app: FastAPI, settings: Settings, planning_city: None, database: Database, clock: Clock,
    receiver: Hook,
) -> None:  # fmt: skip
    outward = app.state.settings = settings.model_copy(update={"notify_private_targets": True})
    mine = enter(client, name="Group", role="supplies_group", target=receiver.url + "/", tells_notices=False)
    above = enter(client, name="Leaders", target=receiver.url + "/", tells_notices=False, tells_work=False)

    def told() -> list[tuple[int, str]]:
        kinds = ("work.REVIEW_REQUISITION", "late.REVIEW_REQUISITION")
        return [(one["rule_id"], one["title"]) for one in outbox(client) if one["kind"] in kinds]

    submit(client, "n95")
    send_all(database, outward, clock, minutes=1)
    assert told() == [(mine["id"], "For you: Requisitions to review, 1")]
    send_all(database, outward, clock, minutes=90)
    assert len(told()) == 1
    send_all(database, outward, clock, hours=13)
    late = {
        (mine["id"], "Overdue: Requisitions to review, 1"),
        (above["id"], "Late with Requisitions to review: supplies group, 1"),
    }
    assert late < set(told())
    assert len(told()) == 3
    send_all(database, outward, clock, hours=20)
    assert len(told()) == 3
