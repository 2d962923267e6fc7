"""The city of requisitions with somebody at its pages."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.database import Database
from tests.requisitions.city import build_city
from tests.requisitions.desk import Desk
from tests.seeding import seeding


@pytest.fixture
def desk(app: FastAPI, client: TestClient, database: Database) -> Desk:
    """A desk in the city of requisitions."""
    with seeding(database) as session:
        build_city(session)
    return Desk(app, client)
