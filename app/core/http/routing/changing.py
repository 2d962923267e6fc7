"""What changes things: compared with what its caller saw, and done once however often it is sent."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import Request, Response
from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from app.core.http.payloads import Now
from app.core.http.routing.answers import Answer, etag_of, render
from app.core.http.routing.preconditions import IfMatch, check_unchanged
from app.core.http.routing.repeats import RepeatableCall, answer_once, answer_once_apart
from app.core.http.routing.showing import Shown
from app.core.http.routing.signatures import (
    Handler,
    database_of,
    parameters_of,
    request_of,
    result_of,
    work_of,
    wrap,
    writer_of,
)
from app.core.work import Work

REPEATED = {"Idempotent-Replayed": "true"}


class Change:
    """A handler that writes, with the checks around it."""

    def __init__(
        self, method: str, endpoint: Handler, status: int, shown: Shown | None, is_tagged: Callable[[Any], bool]
    ) -> None:
        self._method, self._endpoint, self._status, self._shown = method, endpoint, status, shown
        self._own = list(parameters_of(endpoint))
        self._writer, self._work_name = writer_of(endpoint), work_of(endpoint)
        self._database = database_of(endpoint)
        self._request = request_of(endpoint)
        self._result = result_of(endpoint)
        self._adapter: TypeAdapter[Any] = TypeAdapter(self._result)
        self._is_tagged = is_tagged
        self._must_have_seen: bool = getattr(endpoint, "must_have_seen", False)
        self._is_secret: bool = getattr(endpoint, "answer_is_secret", False)
        self._found_at: str = getattr(endpoint, "answer_is_found_at", "")
        if method == "POST" and "actor" not in self._own and self._work_name is None:
            raise TypeError(f"{endpoint.__qualname__} writes, so it must name its actor")

    def handler(self) -> Handler:
        """The endpoint with its checks."""

        def change(**values: Any) -> Response:
            call = values.get("_call")
            if call is None:
                return self._sent(self._work(values))
            actor = values[self._work_name].actor if self._work_name is not None else values["actor"]
            name, now = actor.name, values["_clock"].now()
            session = self._session(values)
            if session is None:
                assert self._database is not None
                answer, repeated = answer_once_apart(
                    values[self._database], call, name, now, lambda: self._work(values), secret=self._is_secret
                )
            else:
                answer, repeated = answer_once(
                    session, call, name, now, lambda: self._work(values), secret=self._is_secret
                )
            return self._sent(answer, **REPEATED if repeated else {})

        extra: dict[str, Any] = {self._request: Request}
        if self._method == "POST":
            extra |= {"_call": RepeatableCall, "_clock": Now}
        if self._shown is not None:
            extra["_if_match"] = IfMatch
            extra |= {f"_shown_{name}": annotation for name, annotation in self._shown.needs.items()}
        return wrap(self._endpoint, change, extra)

    def _session(self, values: Mapping[str, Any]) -> Session | None:
        """The session that the handler writes with; None where it has transactions of its own."""
        if self._work_name is not None:
            work: Work = values[self._work_name]
            return work.session
        return values[self._writer] if self._writer is not None else None

    def _sent(self, answer: Answer, **headers: str) -> Response:
        if self._found_at and answer.body is not None:
            headers["Location"] = self._found_at.format_map(json.loads(answer.body))
        return answer.response(**headers)

    def _work(self, values: Mapping[str, Any]) -> Answer:
        session = self._session(values)
        if self._shown is not None and session is not None:
            self._check(self._shown, session, values)
        result = self._endpoint(**{name: values[name] for name in self._own})
        if self._result is None:
            return Answer(status=self._status, body=None)
        body = render(self._adapter, result)
        return Answer(status=self._status, body=body, etag=etag_of(body) if self._is_tagged(self._result) else None)

    def _check(self, shown: Shown, session: Session, values: Mapping[str, Any]) -> None:
        given = {name: values[name] for name in shown.path_names}
        given |= {name: values[f"_shown_{name}"] for name in shown.needs}
        check_unchanged(
            session,
            values["_if_match"],
            lambda: shown.body(session, values[self._request], given),
            needed=self._method != "POST" or self._must_have_seen,
            creates=self._method == "PUT",
            locked=not self._must_have_seen,
        )


def changed_by(
    method: str, endpoint: Handler, status: int, shown: Shown | None, is_tagged: Callable[[Any], bool]
) -> Handler:
    """The handler with its checks; as it is where it writes nothing, or shapes its answer itself (log-in, cookies).

    `shown` is the thing that it changes, `is_tagged` tells which results are representations of single things.
    """
    has_session = writer_of(endpoint) is not None or work_of(endpoint) is not None
    writes = has_session or (method == "POST" and database_of(endpoint) is not None)
    if not writes or any(one.annotation is Response for one in parameters_of(endpoint).values()):
        return endpoint
    return Change(method, endpoint, status, shown if has_session else None, is_tagged).handler()
