"""People of different roles before the pages of dispatch: what they see, and what they send."""

import re
from collections.abc import Mapping
from html import unescape

from httpx import Response

from app.core.actor import Actor, ActorKind, acting_as
from app.core.rights import ALL_RIGHTS, Role
from tests.dispatch.city import Office
from tests.procurement.city import act_as


def person(name: str, role: Role, *places: str) -> Actor:
    """Somebody with the rights of a role."""
    return acting_as(role, name=name, title=name, kind=ActorKind.PERSON, places=frozenset(places), rights=ALL_RIGHTS)


KEEPER = person("keeper", Role.WAREHOUSE, "wh")
GROUP = person("group", Role.SUPPLIES_GROUP)
HOSPITAL = person("hospital", Role.FACILITY, "designated")
OTHER_HOSPITAL = person("other", Role.FACILITY, "second")


def look(office: Office, by: Actor, path: str, status: int = 200) -> str:
    """The page that this person sees there."""
    act_as(office.app, by)
    answer = office.client.get(path)
    assert answer.status_code == status, answer.text
    return unescape(answer.text)


def send(office: Office, by: Actor, path: str, form: Mapping[str, object]) -> Response:
    """The answer to a form of a page."""
    act_as(office.app, by)
    return office.client.post(path, data={name: str(value) for name, value in form.items()})


def shown_form(page: str, action: str) -> dict[str, str]:
    """The fields of the form with this address as they stand in the page."""
    [form] = re.findall(rf'<form method="post" action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.DOTALL)
    fields = re.findall(r"<input[^>]*>", form)
    named = [(re.search(r'name="([^"]*)"', field), re.search(r'value="([^"]*)"', field)) for field in fields]
    return {name[1]: value[1] if value else "" for name, value in named if name}


def faults_at(page: str) -> set[str]:
    """The fields that are marked as wrong."""
    return set(re.findall(r'id="([^"]*)-fault"', page))
