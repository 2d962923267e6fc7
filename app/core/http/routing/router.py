"""A router whose handlers are wrapped once, where they are declared; the handlers themselves know nothing of it."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from app.core.http.payloads import problem_answers
from app.core.http.routing.changing import changed_by
from app.core.http.routing.showing import Shown, shown_by
from app.core.http.routing.signatures import Handler

_TAGGED = {"headers": {"ETag": {"description": "Tag of this representation.", "schema": {"type": "string"}}}}


def answer_is_secret(handler: Handler) -> Handler:
    """Mark a handler whose body or answer holds a secret: of neither anything is kept, so a repeat is refused."""
    handler.answer_is_secret = True  # type: ignore[attr-defined]
    return handler


def answer_is_found_at(address: str) -> Callable[[Handler], Handler]:
    """Mark a handler whose result can be looked at elsewhere: `Location` says where, with {fields} of the answer."""

    def mark(handler: Handler) -> Handler:
        handler.answer_is_found_at = address  # type: ignore[attr-defined]
        return handler

    return mark


def must_have_seen(handler: Handler) -> Handler:
    """Mark a POST right below a thing that is refused with 428 unless its caller says on what it rests.

    Such handlers lock several rows in an order of their own, and then decide again by the state that they find. So the
    thing is compared without a lock: to lock it out of turn would have two callers wait for each other.
    """
    handler.must_have_seen = True  # type: ignore[attr-defined]
    return handler


class ServiceRouter(APIRouter):
    """Adds, to what is declared on it:

    - an ETag to every GET of a single thing, that is one whose path ends in a parameter and whose answer is a View;
    - If-Match to every PATCH, PUT and DELETE of such a path (428 without it) and to the POSTs right below it (428
      where they are marked with `must_have_seen`);
    - Idempotency-Key to every POST that writes.

    The GET is declared before what changes the thing. A handler that writes names its `Writer` (or, with transactions
    of its own, `OpenDatabase`) and its `actor`.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._shown: dict[str, Shown] = {}

    def compares_with(self, path: str, endpoint: Handler) -> None:
        """Say how the GET of another router shows the thing at a path, for what this router changes right below it."""
        shown = shown_by(path, endpoint)
        assert shown is not None, f"{path} does not show a single thing"
        self._shown[path] = shown

    def add_api_route(self, path: str, endpoint: Handler, **options: Any) -> None:
        """Declare a route, wrapped as its method asks for."""
        (method,) = options.get("methods") or ["GET"]
        status = options.get("status_code") or 200
        answers: dict[int | str, dict[str, Any]] = dict(options.get("responses") or {})
        if method == "GET":
            shown = shown_by(path, endpoint)
            if shown is not None:
                self._shown[path] = shown
                endpoint = shown.handler()
                answers[status] = _TAGGED
        else:
            changed = self._shown.get(path.rpartition("/")[0] if method == "POST" else path)
            endpoint = changed_by(method, endpoint, status, changed, self._is_tagged)
            if changed is not None:
                needed = method != "POST" or getattr(endpoint, "must_have_seen", False)
                answers |= problem_answers(404, 412, 428) if needed else problem_answers(404, 412)
        super().add_api_route(path, endpoint, **{**options, "responses": answers})

    def _is_tagged(self, result: Any) -> bool:
        return any(result is shown.view for shown in self._shown.values())
