"""Every list of an empty database says to each role what it is for, and what comes first."""

import re
from html import unescape

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.rights import BOUND_ROLES, Role
from app.interop.city.one_row import FORM_KINDS
from app.web.kit.navigation import SECTIONS
from tests.dispatch.people import person
from tests.procurement.city import act_as

NO_PLACE = (
    "此账号尚未关联单位，请联系系统管理员。",
    "No facility has been given to this account: the administrator can do that.",
)
"""What somebody of a facility reads who has none yet."""
NO_LISTS = {"/city-setup", "/city-setup/workbook", "/audit-head"}
"""Pages of the head that are forms or reports, not lists."""


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("role", Role)
def test_an_empty_list_tells_what_comes_first(client: TestClient, app: FastAPI, role: Role, language: str) -> None:
    actor = person(role.value, role, *(["nowhere"] if role in BOUND_ROLES else []))
    act_as(app, actor)
    entries = {entry.address for section in SECTIONS for entry in section.entries if actor.may(entry.right)}
    if actor.may("CATALOG_WRITE"):
        entries |= {f"/city-setup/sheets/{kind.name}" for kind in FORM_KINDS}
    said_nothing = []
    for address in sorted(entries - NO_LISTS):
        answer = client.get(address, params={"lang": language}, headers={"Accept": "text/html"})
        assert answer.status_code == 200, (address, answer.text)
        page = unescape(answer.text)
        if "<tbody>" in page or any(text in page for text in NO_PLACE):
            continue
        found = re.search(r'class="purpose">([^<]+)</span>\s*(?:<a [^>]*href="([^"]+)"|<span class="next-step">)', page)
        if found is None:
            said_nothing.append(address)
        elif found[2] is not None:
            assert client.get(found[2]).status_code == 200, f"{address} sends {role.value} to a closed door: {found[2]}"
    assert said_nothing == []
