"""Every route of the application against the matrix: an unlisted one fails, and so does each wrong answer."""

import re
from collections.abc import Iterator

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from starlette.routing import Mount

from app.auth import Right, needs
from app.auth.deps import PUBLIC, _current_actor, deny_by_default
from app.core.clock import Clock
from app.core.rights import ROLE_RIGHTS, Role
from app.core.settings import Settings
from app.main import create_app
from tests.auth.doors import codes, try_login
from tests.auth.matrix import LETTERS, MATRIX, MOUNTS, may_call
from tests.conftest import KINDS, OPERATOR

_ENDS_THE_SESSION = {("POST", "/logout"), ("DELETE", "/api/v1/sessions/current")}
_VALUES = {"day": "2020-02-01", "basis": "staff", "program": "medical", "version": "1"}


def routes_of(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and address of every route."""
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, Mount):
            assert context.original_route.path in MOUNTS, "a folder that everybody may read"
            continue
        for method in (context.methods or set()) - {"HEAD"}:
            yield method, str(context.path)


def address_of(path: str) -> str:
    """A well-formed address of a thing that does not exist."""

    def fill(found: re.Match[str]) -> str:
        name = found[1].split(":")[0]
        return _VALUES.get(name, "999999" if name.endswith("_id") or name == "seq" else "nothing")

    return re.sub(r"\{([^}]+)\}", fill, path)


def test_every_route_is_in_the_matrix_and_every_entry_is_a_route(app: FastAPI) -> None:
    assert set(routes_of(app)) == set(MATRIX)


def test_what_is_public_is_public_by_the_list(app: FastAPI) -> None:
    assert {route for route, letters in MATRIX.items() if letters == "-"} == PUBLIC


@pytest.mark.parametrize("database_url", KINDS[:1], indirect=True)  # hundreds of calls a role, refused before a query
@pytest.mark.parametrize("role", Role)
def test_a_role_gets_to_what_the_matrix_gives_it_and_to_nothing_else(role: Role, visitor: TestClient) -> None:
    assert try_login(visitor, role.value).status_code == 204
    wrong = []
    for (method, path), letters in MATRIX.items():
        if (method, path) in _ENDS_THE_SESSION or letters == "-":
            continue
        answer = visitor.request(method, address_of(path), json={} if method != "GET" else None)
        assert answer.status_code < 500, (method, path, answer.text)
        if path.startswith("/api/"):
            is_let_in = answer.status_code not in (401, 403)
            if answer.status_code == 403:  # let in, but only for its own, which "nothing" is not
                is_let_in = codes(answer) == ["outside_reach"] and letters != letters.upper()
        else:  # who has no business with plans is led to the account
            is_let_in = answer.status_code not in (401, 403) and (method, answer.status_code) != ("GET", 303)
        if is_let_in != may_call(role, letters):
            wrong.append((method, path, answer.status_code, answer.text))
    assert wrong == []


def test_nobody_gets_to_what_is_not_public(visitor: TestClient) -> None:
    for (method, path), letters in MATRIX.items():
        if letters == "-":
            continue
        answer = visitor.request(method, address_of(path), json={} if method != "GET" else None)
        if path.startswith("/api/"):
            assert (answer.status_code, answer.json()["code"]) == (401, "not_logged_in"), (method, path)
            assert answer.headers["www-authenticate"] == "Bearer"
        else:
            assert answer.status_code == 303, (method, path)
            assert answer.headers["location"].startswith("/login")


@pytest.mark.parametrize(("method", "path"), sorted(_ENDS_THE_SESSION))
def test_logging_out_is_for_everybody_who_is_in(method: str, path: str, visitor: TestClient) -> None:
    for role in Role:
        assert try_login(visitor, role.value).status_code == 204
        assert visitor.request(method, path).status_code in (204, 303)
        assert visitor.get("/api/v1/sessions/current").status_code == 401


@pytest.mark.parametrize("declared", [[], [needs(Right.PLAN_READ), needs(Right.STOCK_READ)]])
def test_a_route_that_does_not_say_who_may_call_it_answers_403_to_everybody(
    settings: Settings, clock: Clock, declared: list[object]
) -> None:
    forgotten = APIRouter()
    forgotten.get("/forgotten", dependencies=declared)(lambda: "secret")
    app = create_app(settings, clock)  # one of its own: the routes of the other are for all tests
    app.include_router(forgotten, prefix="/api/v1")
    app.dependency_overrides[_current_actor] = lambda: OPERATOR
    with TestClient(app) as client:
        answer = client.get("/api/v1/forgotten")
    assert (answer.status_code, codes(answer)) == (403, ["no_right_declared"])
    assert set(routes_of(app)) != set(MATRIX)


def test_the_guard_stands_before_every_route(app: FastAPI) -> None:
    assert deny_by_default in [depends.dependency for depends in app.router.dependencies]


def test_every_right_has_somebody_and_nobody_has_all() -> None:
    assert frozenset().union(*ROLE_RIGHTS.values()) == frozenset(Right)
    assert set(ROLE_RIGHTS) == set(LETTERS.values()) == set(Role)
    for proposes, approves in (
        (Right.PLAN_PROPOSE, Right.PLAN_APPROVE),
        (Right.PURCHASE_ORDER, Right.PURCHASE_ORDER_APPROVE),
        (Right.PURCHASE_ORDER, Right.SPECIAL_HANDLING_REVIEW),
        (Right.PURCHASE_ORDER, Right.FUND_MANAGE),
        (Right.ACCOUNT_MANAGE, Right.PLAN_APPROVE),
        (Right.ACCOUNT_MANAGE, Right.AUDIT_READ),
    ):
        assert not [role for role, rights in ROLE_RIGHTS.items() if {proposes, approves} <= rights]
