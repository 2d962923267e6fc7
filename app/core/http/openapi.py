"""The OpenAPI document: valid 3.1, with problem answers, preconditions, examples and names for generated clients."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from app.core.http.problem_details import MEDIA_TYPE, Problem, problem_answers
from app.core.http.versions import TAGGED, if_match_needed, if_match_optional, if_none_match

TAGS: Mapping[str, str] = {
    "work list": "What waits for whom, and until when.",
    "search": "Everything by its number or name.",
    "catalogue": "Items, their units, names and substitutes, and norms of use.",
    "facilities": "Zones, facilities and warehouses, and the roads between them.",
    "city": "A whole city as one workbook.",
    "merging": "Places, items and partners that were entered twice.",
    "partners": "Suppliers, donors and authorities.",
    "stock": "Lots, the stock ledger, counts and movements.",
    "notifications": "Who is told what by mail, web hook or robot, and the messages.",
    "notices": "What is told to a role or a place.",
    "procurement": "Funds, pledges, offers, purchase orders and receipts.",
    "subsidies": "Price indexes, people entitled, and the subsidies that a month makes due.",
    "market": "Prices, quantities and outlets of markets day by day, and alarms.",
    "requisitions": "Needs: reported, assessed, reviewed and closed.",
    "planning": "Policies, plans, the runs that compute them, scenarios and directives.",
    "dispatch": "Transfer orders, trips, deliveries, recalls and returns.",
    "disclosure": "The published balance.",
    "public": "For everybody, without a log-in: the published balance, and where a gift has gone.",
    "audit": "The audit trail.",
    "accounts": "Log-in, accounts and API keys.",
    "operations": "Health of the service.",
}

DESCRIPTION = (
    "Errors are RFC 9457 problems (`application/problem+json`) with a stable `code` and all faults at once. "
    "A change names the version on which it rests by `If-Match`; a POST with an `Idempotency-Key` is done once. "
    "Lists answer pages with `next`, the cursor for `?after=`. A query parameter that is not known is refused. "
    "Quantities are whole base units, money is whole fen or microyuan. Versions and deprecation: docs/api.md."
)


def operation_id(route: APIRoute) -> str:
    """`{tag}_{name of the handler}`: generated clients name their functions so."""
    tag = str(route.tags[0]) if route.tags else "page"
    return f"{tag}_{route.name}".replace(" ", "_")


def install_openapi(app: FastAPI) -> None:
    """Serve the document that `openapi_document` makes."""
    app.openapi = lambda: openapi_document(app)  # type: ignore[method-assign]


def openapi_document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the API, made once."""
    if app.openapi_schema:
        return app.openapi_schema
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=DESCRIPTION,
        contact={"name": "Tongchou contributors"},
        license_info={"name": "MIT", "identifier": "MIT"},
        servers=[{"url": "/", "description": "this installation"}],
        tags=[{"name": name, "description": text} for name, text in TAGS.items()],
        routes=app.routes,
    )
    _add_problems(document)
    for path, method, calls in _dependencies(app):
        _add_preconditions(document["paths"][path][method]["responses"], calls)
    for operation in _operations(document):
        _mend_streams(operation["responses"])
        _move_definitions(operation["responses"], document["components"]["schemas"])
    for name, example in _examples().items():
        if name in document["components"]["schemas"]:
            document["components"]["schemas"][name]["examples"] = [example]
    app.openapi_schema = document
    return document


@cache
def _examples() -> dict[str, Any]:
    """An example of each body that callers write, by the name of its schema."""
    text = resources.files("app.core.http").joinpath("examples.json").read_text("utf-8")
    examples: dict[str, Any] = json.loads(text)
    return examples


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in document["paths"].values():
        yield from operations.values()


def _add_problems(document: dict[str, Any]) -> None:
    """Put the problem answers in place of the framework's own error shape."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"))
    schemas["Problem"] = problem
    answer = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operation in _operations(document):
        answers = operation.setdefault("responses", {})
        if "422" in answers:
            answers["422"]["content"] = answer
        if "security" in operation:
            answers |= {key: answers.get(key, one) for key, one in _documented(401, 403).items()}


def _add_preconditions(answers: dict[str, Any], calls: set[object]) -> None:
    if if_match_needed in calls:
        answers |= _documented(412, 428)
    elif if_match_optional in calls:
        answers |= _documented(412)
    elif if_none_match in calls:
        answers["200"] |= TAGGED
        answers["304"] = {"description": "Not changed since the version named in If-None-Match"}


def _mend_streams(answers: Mapping[str, Any]) -> None:
    """FastAPI describes the events of a stream by `itemSchema`, which OpenAPI 3.1 does not know."""
    for answer in answers.values():
        for content in answer.get("content", {}).values():
            if content.pop("itemSchema", None) is not None:
                content["schema"] = {"type": "string", "description": "Server-sent events, as the description says."}


def _move_definitions(answers: Mapping[str, Any], schemas: dict[str, Any]) -> None:
    """A JSON Schema with `$defs` of its own becomes a component, and each of its definitions one beside it."""
    for answer in answers.values():
        for content in answer.get("content", {}).values():
            schema = content.get("schema", {})
            if "$defs" not in schema:
                continue
            name = str(schema["title"]).replace("/", "-")
            whole = {key: part for key, part in schema.items() if key not in ("$defs", "$id", "$schema")}
            for key, part in ({"": whole} | {f".{key}": part for key, part in schema["$defs"].items()}).items():
                schemas[name + key] = _pointing_to(name, part)
            content["schema"] = {"$ref": f"#/components/schemas/{name}"}


def _pointing_to(name: str, part: Any) -> Any:
    """The schema with `#/$defs/x` turned into the component `name.x`."""
    if isinstance(part, list):
        return [_pointing_to(name, one) for one in part]
    if not isinstance(part, dict):
        return part
    moved = {key: _pointing_to(name, one) for key, one in part.items()}
    if isinstance(moved.get("$ref"), str):
        moved["$ref"] = moved["$ref"].replace("#/$defs/", f"#/components/schemas/{name}.")
    return moved


def _documented(*statuses: int) -> dict[str, dict[str, Any]]:
    return {str(status): problem_answers(status)[status] for status in statuses}


def _dependencies(app: FastAPI) -> Iterator[tuple[str, str, set[object]]]:
    """Path, method and all dependencies of every documented operation."""
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute) and context.include_in_schema:
            for method in context.methods or ():
                yield context.path_format or "", method.lower(), set(_calls(context.dependant))


def _calls(dependant: Dependant) -> Iterator[object]:
    for part in dependant.dependencies:
        yield part.call
        yield from _calls(part)
