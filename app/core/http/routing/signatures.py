"""What a handler takes, read from its signature, and new signatures for handlers that are wrapped."""

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_args, get_origin

from fastapi import Request
from fastapi.params import Depends

from app.core.http.payloads import OpenDatabase, Reader, Writer
from app.core.work import Work

Handler = Callable[..., Any]
Parameters = Mapping[str, inspect.Parameter]


def parameters_of(handler: Handler) -> Parameters:
    """The handler's parameters by name, annotations as objects."""
    return inspect.signature(handler, eval_str=True).parameters


def result_of(handler: Handler) -> Any:
    """What the handler says that it returns."""
    return inspect.signature(handler, eval_str=True).return_annotation


def dependency_of(annotation: Any) -> Handler | None:
    """The dependency that fills a parameter of this annotation, where one does."""
    if get_origin(annotation) is Annotated:
        for mark in get_args(annotation)[1:]:
            if isinstance(mark, Depends):
                return mark.dependency
    return None


def _filled_like(handler: Handler, annotation: Any) -> str | None:
    wanted = dependency_of(annotation)
    for name, parameter in parameters_of(handler).items():
        if dependency_of(parameter.annotation) is wanted:
            return name
    return None


def reader_of(handler: Handler) -> str | None:
    """The name of its `Reader`."""
    return _filled_like(handler, Reader)


def writer_of(handler: Handler) -> str | None:
    """The name of its `Writer`."""
    return _filled_like(handler, Writer)


def work_of(handler: Handler) -> str | None:
    """The name of its `Work`."""
    for name, parameter in parameters_of(handler).items():
        if get_origin(parameter.annotation) is Annotated and get_args(parameter.annotation)[0] is Work:
            return name
    return None


def database_of(handler: Handler) -> str | None:
    """The name of its `OpenDatabase`."""
    return _filled_like(handler, OpenDatabase)


def request_of(handler: Handler) -> str:
    """The name of its request, `_request` where it has none: FastAPI fills only one parameter of a handler with it."""
    for name, parameter in parameters_of(handler).items():
        if parameter.annotation is Request:
            return name
    return "_request"


def _further(name: str, annotation: Any) -> inspect.Parameter:
    is_header = get_origin(annotation) is Annotated and dependency_of(annotation) is None
    default = None if is_header and type(None) in get_args(get_args(annotation)[0]) else inspect.Parameter.empty
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def wrap(handler: Handler, wrapper: Handler, extra: Mapping[str, Any]) -> Handler:
    """The wrapper, looking like the handler to FastAPI, with further parameters by name and annotation.

    The wrapper takes everything by keyword; a further parameter that is a header may be left out.
    """
    own = parameters_of(handler)
    more = [_further(name, annotation) for name, annotation in extra.items() if name not in own]
    taken = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own.values()]
    wrapper.__name__, wrapper.__qualname__ = handler.__name__, handler.__qualname__
    wrapper.__doc__, wrapper.__module__ = handler.__doc__, handler.__module__
    signature = inspect.Signature([*taken, *more], return_annotation=result_of(handler))
    wrapper.__signature__ = signature  # type: ignore[attr-defined]
    return wrapper
