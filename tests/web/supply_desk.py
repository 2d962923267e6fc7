"""Somebody who fills in the pages of supply, without a browser: forms sent as a browser sends them."""

import html
import re
from dataclasses import dataclass
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

from tests.procurement.city import Desk


@dataclass(frozen=True, slots=True)
class PageDesk:
    """A client that looks at pages and sends their forms; `api` is the same person at the REST interface."""

    client: TestClient

    @property
    def api(self) -> Desk:
        """The REST interface, to see what the pages have done."""
        return Desk(self.client)

    def page(self, address: str, status: int = 200) -> str:
        """The text of a page, which must have this status."""
        answer = self.client.get(address)
        assert answer.status_code == status, answer.text
        return html.unescape(answer.text)

    def send(self, address: str, fields: dict[str, str]) -> Response:
        """The answer to a form; redirects are not followed."""
        return self.client.post(address, data=fields, follow_redirects=False)

    def done(self, address: str, fields: dict[str, str]) -> str:
        """Where a form that must be accepted leads to."""
        answer = self.send(address, fields)
        assert answer.status_code == 303, faults_on(answer)
        return answer.headers["location"]

    def refused(self, address: str, fields: dict[str, str], status: int = 422) -> str:
        """The page of a form that must be refused."""
        answer = self.send(address, fields)
        assert answer.status_code == status, answer.text
        return html.unescape(answer.text)


def faults_on(answer: Response) -> str:
    """What a page tells that is wrong."""
    found = re.search(r'<div class="notice bad".*?</div>', answer.text, re.S)
    return html.unescape(found[0]) if found else answer.text


def lines(*rows: dict[str, str]) -> dict[str, str]:
    """Rows as the fields of a table of lines."""
    return {f"lines.{n}.{name}": value for n, row in enumerate(rows) for name, value in row.items()}


def value_of(page: str, field: str) -> str:
    """What stands in an input of a page."""
    found = re.search(rf'<input id="{re.escape(field)}"[^>]* value="([^"]*)"', page)
    assert found is not None, f"no field {field}"
    return html.unescape(found[1])


def fault_at(page: str, field: str) -> str:
    """What a page says is wrong with a field; empty where it says nothing."""
    found = re.search(rf'id="{re.escape(field)}-fault">([^<]*)<', page)
    return html.unescape(found[1]).strip() if found else ""


def items_of(page: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a list of the REST interface."""
    rows: list[dict[str, Any]] = page["items"]
    return rows
