"""GET of a single thing: the answer carries its ETag, and a caller who has it already gets 304."""

import inspect
from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response
from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from app.core.http.payloads import View
from app.core.http.routing.answers import Answer, etag_of, render
from app.core.http.routing.preconditions import IfNoneMatch, named_in
from app.core.http.routing.signatures import (
    Handler,
    dependency_of,
    parameters_of,
    reader_of,
    request_of,
    result_of,
    wrap,
)


class Shown:
    """How a single thing is shown; a change shows it in its own transaction, to compare it with what its caller saw."""

    def __init__(self, path: str, endpoint: Handler, view: type[View], session: str) -> None:
        self.view = view
        self._endpoint = endpoint
        self._session = session
        self._adapter: TypeAdapter[Any] = TypeAdapter(view)
        self.path_names = [name for name in parameters_of(endpoint) if f"{{{name}}}" in path or f"{{{name}:" in path]
        self._chosen: dict[str, Handler] = {}
        self.needs: dict[str, Any] = {}
        """Parameters beside session, path and request, with their annotations: whoever shows the thing asks for them.

        What its caller may choose is left out: a change is compared with the thing as it is shown without choices.
        """
        for name, parameter in parameters_of(endpoint).items():
            if name in (session, request_of(endpoint), *self.path_names) or parameter.default is not parameter.empty:
                continue
            dependency = dependency_of(parameter.annotation)
            if dependency is not None and _can_be_left_out(dependency):
                self._chosen[name] = dependency
            else:
                self.needs[name] = parameter.annotation

    def body(self, session: Session, request: Request, values: Mapping[str, Any]) -> bytes:
        """The thing's present representation; `values` holds the path's parameters and what it `needs`."""
        given = dict(values)
        given |= {name: choose() for name, choose in self._chosen.items()}
        given[self._session] = session
        if request_of(self._endpoint) in parameters_of(self._endpoint):
            given[request_of(self._endpoint)] = request
        return render(self._adapter, self._endpoint(**given))

    def handler(self) -> Handler:
        """The endpoint with the ETag."""
        own, request_name = list(parameters_of(self._endpoint)), request_of(self._endpoint)

        def show(**values: Any) -> Response:
            body = render(self._adapter, self._endpoint(**{name: values[name] for name in own}))
            if values[request_name].query_params:
                return Answer(status=200, body=body).response()
            etag, known = etag_of(body), values["_if_none_match"]
            if known is not None and named_in(known.replace("W/", ""), etag):
                return Answer(status=304, body=None, etag=etag).response()
            return Answer(status=200, body=body, etag=etag).response()

        return wrap(self._endpoint, show, {request_name: Request, "_if_none_match": IfNoneMatch})


def _can_be_left_out(dependency: Handler) -> bool:
    parameters = inspect.signature(dependency).parameters.values()
    return all(one.default is not one.empty for one in parameters)


def shown_by(path: str, endpoint: Handler) -> Shown | None:
    """What a GET shows, where it shows a single thing: its path ends in a parameter, and its answer is a View."""
    view, session = result_of(endpoint), reader_of(endpoint)
    if not path.endswith("}") or session is None or not (isinstance(view, type) and issubclass(view, View)):
        return None
    return Shown(path, endpoint, view, session)
