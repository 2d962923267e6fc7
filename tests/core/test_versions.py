"""Versions of rows: they grow with each change of the row or its parts, and never mean another row."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from app.catalog.models import Item
from app.core.database import Database
from app.core.versioned import KEEPS_VERSION
from app.planning.runs.models import PlanRun
from tests.core.etags import removed
from tests.seeding import seeding
from tests.stock.city import API, build_city


@pytest.fixture
def client(client: TestClient, database: Database) -> TestClient:
    """In the small city."""
    with seeding(database) as session:
        build_city(session)
    return client


def test_an_update_statement_without_a_version_is_refused(client: TestClient, database: Database) -> None:
    with pytest.raises(TypeError, match="Item has versions"), database.write() as session:
        session.execute(update(Item).values(pack_units=7))
    with seeding(database) as session:
        session.execute(update(Item).values(pack_units=7, version=Item.version + 1))
        session.execute(update(PlanRun).values(done_permille=1).execution_options(**{KEEPS_VERSION: True}))
    with database.read() as session:
        assert {(one.pack_units, one.version) for one in session.scalars(select(Item))} == {(7, 2)}


def test_a_row_is_touched_whatever_of_it_is_loaded(client: TestClient, database: Database) -> None:
    with seeding(database) as session:
        item = session.scalars(select(Item).order_by(Item.id).limit(1)).one()
        session.expire(item)
        item.touch()
        session.flush()
        assert item.version == 2
        item.touch()
        item.pack_units += 1
        session.flush()
        assert item.version == 3, "one flush, one version"


def test_what_was_removed_and_entered_again_is_another_thing(client: TestClient) -> None:
    """Nobody changes a new lane because it looks like the one that they saw."""
    lane, address = {"warehouse": "wh-1", "facility": "h-1", "lead_days": 1}, f"{API}/lanes/wh-1/h-1"
    seen = client.post(f"{API}/lanes", json=lane).headers["ETag"]
    assert removed(client, address).status_code == 204
    again = client.post(f"{API}/lanes", json=lane)
    assert again.headers["ETag"] != seen
    assert client.patch(address, json={"lead_days": 2}, headers={"If-Match": seen}).status_code == 412
