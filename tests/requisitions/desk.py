"""A desk in the city of requisitions at which people of different roles sit down, and what their forms send."""

import re

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth.deps import _current_actor
from app.core.actor import Actor, ActorKind, acting_as
from app.core.database import Database
from app.core.rights import ROLE_RIGHTS, Role
from app.requisitions.models import Requisition
from tests.requisitions.city import SOON, TODAY


def person(role: Role, *places: str) -> Actor:
    """Somebody in a role, bound to these places."""
    return acting_as(
        role,
        name=role.value,
        title=role.value,
        kind=ActorKind.PERSON,
        places=frozenset(places),
        rights=ROLE_RIGHTS[role],
    )


class Desk:
    """A browser in which different people sit down one after the other."""

    def __init__(self, app: FastAPI, client: TestClient) -> None:
        self._app, self.client = app, client
        client.headers["Accept-Language"] = "en"
        client.follow_redirects = False

    def as_(self, role: Role, *places: str) -> TestClient:
        """The browser with somebody of this role before it."""
        self._app.dependency_overrides[_current_actor] = lambda: person(role, *places)
        return self.client


def form(*rows: dict[str, str], **more: str) -> dict[str, str]:
    """What the form of needs sends: rows with `usual` are those of usual items."""
    fields = {"facility": "clinic-1", "program": "medical", "reported_on": TODAY, "needed_by": SOON, **more}
    fields |= {f"lines.{n}.{name}": value for n, row in enumerate(rows) for name, value in row.items()}
    return fields


def usual(item: str, units: str = "", **more: str) -> dict[str, str]:
    """A row of a usual item."""
    return {"usual": "1", "item": item, "requested_units": units, **more}


def entered(database: Database) -> list[Requisition]:
    with database.read() as session:
        return list(session.scalars(select(Requisition).order_by(Requisition.id)).unique())


def wrong_fields(page: str) -> list[str]:
    """Fields that are marked as wrong, in the order of the page."""
    marked = re.findall(r'<(?:input|select|textarea)[^>]*id="([^"]+)"[^>]*aria-invalid="true"', page)
    return [*marked, *re.findall(r'<span class="fault" id="(lines\.\d+\.item)"', page)]
