"""RFC 9457 problems: the one place where refusals become HTTP answers, in the caller's language."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from app.core.errors import Fault, ServiceError
from app.core.i18n import choose_language, translate

MEDIA_TYPE = "application/problem+json"

FAULTS_LISTED = 100
"""No answer lists more faults than that; the rest is counted."""


class ProblemFault(BaseModel):
    """One of the things that are wrong."""

    code: str = Field(description="Stable; for programs.")
    detail: str = Field(description="For people, in the language asked for.")
    where: str = Field(description="The field, as a path; empty where it is about the whole.")
    params: dict[str, Any] = Field(description="The values named in the detail.")

    @classmethod
    def of(cls, fault: Fault, language: str) -> Self:
        """A fault as programs and people see it."""
        detail = translate(fault.message, language, **fault.params)
        return cls(code=fault.code, detail=detail, where=fault.where, params=dict(fault.params))


class Problem(BaseModel):
    """An error answer (RFC 9457) that lists every fault at once."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    faults: list[ProblemFault]
    faults_left_out: int = Field(description="How many more there are than the first hundred, which are listed.")


# What FastAPI and pydantic find wrong with the shape of a request, in the service's own words.
_SHAPE_MESSAGES: Mapping[str, str] = {
    "missing": "This field is missing.",
    "extra_forbidden": "This field is not known here.",
    "json_invalid": "This is not valid JSON.",
    "int_type": "This must be a whole number.",
    "int_parsing": "This must be a whole number.",
    "int_from_float": "This must be a whole number.",
    "string_type": "This must be text.",
    "string_too_short": "This must not be empty.",
    "string_too_long": "This is too long: at most {max_length} characters.",
    "string_pattern_mismatch": "This does not have the form {pattern}.",
    "greater_than_equal": "This must be at least {ge}.",
    "less_than_equal": "This must be at most {le}.",
    "too_short": "At least {min_length} entries are needed.",
    "too_long": "At most {max_length} entries are allowed.",
    "enum": "This must be one of: {expected}.",
    "literal_error": "This must be one of: {expected}.",
    "bool_type": "This must be true or false.",
    "date_from_datetime_parsing": "This must be a date like 2020-01-31.",
    "date_parsing": "This must be a date like 2020-01-31.",
    "date_type": "This must be a date like 2020-01-31.",
    "value_error": "This is not allowed: {error}.",
}


def shape_fault(error: Mapping[str, Any]) -> Fault:
    """What pydantic finds wrong (one of its `errors()`), as a fault with the service's own words."""
    kind = str(error["type"])
    place = [str(part) for part in error["loc"] if part not in ("body", "query", "path", "header")]
    params = {key: value if isinstance(value, int) else str(value) for key, value in (error.get("ctx") or {}).items()}
    message = _SHAPE_MESSAGES.get(kind)
    if message is None:
        return Fault(kind, "This is not valid ({kind}).", ".".join(place), {"kind": kind})
    return Fault(kind, message, ".".join(place), params)


def _answer(
    language: str,
    status: int,
    code: str,
    title: str,
    faults: Sequence[Fault],
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, Any] | None = None,
    left_out: int = 0,
) -> JSONResponse:
    left_out += max(0, len(faults) - FAULTS_LISTED)
    shown = [ProblemFault.of(fault, language) for fault in faults[:FAULTS_LISTED]]
    details = [fault.detail for fault in shown]
    if left_out:
        details.append(translate("There are {count} more faults.", language, count=left_out))
    title = translate(title, language)
    problem = Problem(
        type=f"urn:tongchou:problem:{code}",
        title=title,
        status=status,
        code=code,
        detail=" ".join(details) or title,
        faults=shown,
        faults_left_out=left_out,
    )
    body = problem.model_dump() | dict(members or {})
    return JSONResponse(body, status, {"Content-Language": language, **(headers or {})}, media_type=MEDIA_TYPE)


def problem_answer(error: ServiceError, language: str) -> JSONResponse:
    """The problem that a refusal of the service is answered with."""
    return _answer(
        language, error.status, error.code, error.title, error.faults, error.headers, error.members(language)
    )


_HTTP_REFUSALS: Mapping[int, tuple[str, str]] = {
    404: ("not_found", "Not found."),
    405: ("method_not_allowed", "This address does not answer that method."),
    413: ("body_too_large", "The request body is too large for this address."),
}


def refusal(request: Request, status: int, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The problem that a request is answered with before any handler has seen it."""
    code, title = _HTTP_REFUSALS.get(status, ("bad_request", "This is not a proper request."))
    return _answer(_language_of(request), status, code, title, (), headers)


def _language_of(request: Request) -> str:
    default: str = request.app.state.settings.default_language
    return choose_language(request.headers.get("accept-language"), default)


def install_problem_answers(app: FastAPI) -> None:
    """Answer every refusal of the service and of the framework with a problem."""

    def refuse(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, ServiceError)
        return problem_answer(error, _language_of(request))

    def refuse_shape(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        errors = error.errors()
        faults = [shape_fault(one) for one in errors[:FAULTS_LISTED]]
        left_out = len(errors) - len(faults)
        title = "The input is not valid."
        return _answer(_language_of(request), 422, "invalid_input", title, faults, left_out=left_out)

    def refuse_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return refusal(request, error.status_code, error.headers)

    app.add_exception_handler(ServiceError, refuse)
    app.add_exception_handler(RequestValidationError, refuse_shape)
    app.add_exception_handler(HTTPException, refuse_http)


def problem_answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for the error answers that a route may give; 422 is always there."""
    titles = {
        400: "Not a proper request",
        401: "Not logged in",
        403: "No right to it",
        404: "Not found",
        409: "The present state does not allow it",
        412: "Changed meanwhile",
        413: "Too large",
        422: "Not valid; every fault at once",
        428: "If-Match is missing",
        429: "Too many attempts",
        503: "Busy; try again",
    }
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": titles[status], "content": content} for status in {*statuses, 422, 503}}
