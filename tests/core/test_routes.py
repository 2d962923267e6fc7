"""Every route takes the dependencies that its method asks for; none holds a connection while it waits for a thread."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any, get_origin

import pytest
from fastapi import FastAPI, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from app.auth.deps import _work
from app.core.http.answers import Rendered
from app.core.http.deps import _reader, _writer
from app.core.http.idempotency import _once
from app.core.http.versions import if_match_needed, if_match_optional, if_none_match

API = "/api/v1"

WITHOUT_KEY = {
    "/sessions": "logs in: a repeat is another session",
    "/item-aliases/resolve": "only reads",
    "/supply-sheets": "only reads",
}
ASKS_THEN_WAITS = {"/plans": "queues a run through the key, in a thread, and then only looks"}
WITHOUT_IF_MATCH = {
    "/sessions/current": "one's own session is ended, never changed",
    "/sessions/{session_id}": "one's own session is ended, never changed",
}
NEVER_304 = {
    "/requisitions/{code}": "shows names of the catalogue and flags of the day",
    "/plan-runs/{code}": "shows progress, which is no change",
    "/recalls/{code}": "shows where units are now, which is no change of the recall",
    "/audit-records/{seq}": "never changes and cannot be changed",
    "/lots/{lot_id}/stock-cards/{warehouse}": "is a list",
}


class Walked:
    """A route with its path, method, handler and all dependencies."""

    def __init__(self, context: Any, method: str) -> None:
        self.method, self.path = method, str(context.path)
        self.endpoint: Callable[..., Any] = context.endpoint
        self.dependant: Dependant = context.dependant
        self.calls = {part.call for part in parts_of(self.dependant)}

    @property
    def is_api(self) -> bool:
        return self.path.startswith(API)

    @property
    def address(self) -> str:
        return self.path.removeprefix(API)

    def __repr__(self) -> str:
        return f"{self.method} {self.path}"


def parts_of(dependant: Dependant) -> Iterator[Dependant]:
    for part in dependant.dependencies:
        yield part
        yield from parts_of(part)


@pytest.fixture
def routes(built_app: FastAPI) -> list[Walked]:
    """All routes, API and pages."""
    contexts = [one for one in iter_route_contexts(built_app.routes) if isinstance(one.original_route, APIRoute)]
    walked = [Walked(context, method) for context in contexts for method in sorted(context.methods or ())]
    assert len(walked) > 250, "the walk has missed most of them"
    return walked


def test_every_post_of_the_api_does_its_work_once(routes: list[Walked]) -> None:
    posts = [one for one in routes if one.is_api and one.method == "POST"]
    assert {one.address for one in posts if _once not in one.calls} == set(WITHOUT_KEY)


def test_what_takes_a_key_does_everything_through_it(routes: list[Walked]) -> None:
    """Between the parameters and `once(...)` there is nothing but what is handed to it: a repeat would do it again."""
    for one in routes:
        if _once not in one.calls:
            continue
        if inspect.iscoroutinefunction(one.endpoint):
            assert one.address in ASKS_THEN_WAITS
            continue
        (function,) = ast.parse(textwrap.dedent(inspect.getsource(one.endpoint))).body
        assert isinstance(function, ast.FunctionDef)
        *before, last = function.body
        assert isinstance(last, ast.Return), one
        assert isinstance(last.value, ast.Call), one
        assert ast.unparse(last.value.func) in ("once", "once.apart"), one
        for statement in before:
            if isinstance(statement, ast.FunctionDef):
                continue
            touched = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)} & {"session", "database"}
            calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
            given = {name.id for call in calls for name in call.args if isinstance(name, ast.Name)}
            assert not touched | given & {"work"}, (one, ast.unparse(statement))


def test_every_change_of_the_api_names_what_it_rests_on(routes: list[Walked]) -> None:
    changes = [one for one in routes if one.is_api and one.method in ("PATCH", "PUT", "DELETE")]
    assert {one.address for one in changes if if_match_needed not in one.calls} == set(WITHOUT_IF_MATCH)
    steps = [one for one in routes if one.is_api and one.method == "POST" and "{" in one.path]
    assert [one for one in steps if not {if_match_needed, if_match_optional} & one.calls] == []


def test_decisions_that_move_lots_or_money_ask_for_if_match(routes: list[Walked]) -> None:
    asked = {one.address for one in routes if one.method == "POST" and if_match_needed in one.calls}
    plans = {f"/plans/{{code}}/{step}" for step in ("approve", "reject", "cancel")}
    orders = {f"/transfer-orders/{{code}}/{step}" for step in ("ship", "deliver", "cancel")}
    directives = {f"/directives/{{code}}/{step}" for step in ("confirm", "end")}
    assert asked == plans | orders | directives | {"/trips/{code}/ship"}


def test_one_thing_is_shown_with_its_version(routes: list[Walked]) -> None:
    shown = [one for one in routes if one.is_api and one.method == "GET" and one.path.endswith("}")]
    assert {one.address for one in shown if if_none_match not in one.calls} == set(NEVER_304)


def test_answers_are_rendered_by_their_handlers(routes: list[Walked]) -> None:
    """What FastAPI would have to validate waits for another thread, with the session and its connection in hand."""
    wrong = []
    for one in routes:
        shown = inspect.signature(one.endpoint, eval_str=True).return_annotation
        is_rendered = shown is None or get_origin(shown) is Rendered
        is_rendered = is_rendered or (isinstance(shown, type) and issubclass(shown, Response))
        if not is_rendered and {_reader, _writer} & one.calls:
            wrong.append(one)
    assert wrong == []


def test_no_dependency_queries_with_the_session_of_its_route(routes: list[Walked]) -> None:
    """It would take a connection and then wait for the handler's thread. `_work` only hands the session on."""
    wrong = {
        (part.call, repr(one))
        for one in routes
        for part in parts_of(one.dependant)
        if part.call is not _work and {_reader, _writer} & {inner.call for inner in part.dependencies}
    }
    assert wrong == set()
