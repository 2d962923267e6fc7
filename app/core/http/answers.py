"""JSON answers that are rendered where they are made: in the handler's own thread, while it has its session."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar, get_args

from fastapi import Response
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, to_json

Body = TypeVar("Body")


class Rendered(Response, Generic[Body]):
    """A response whose body is the JSON of a `Body`; a handler that returns one says so: `-> Rendered[ItemView]`.

    FastAPI would render what a handler returns in another thread. A request that waits for that thread while it holds
    a database connection, and others that hold a thread while they wait for a connection, stop each other. OpenAPI
    shows the schema of `Body`.
    """

    media_type = "application/json"

    def __init__(self, body: Body, status_code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(to_json(body, by_alias=True), status_code, headers)

    @classmethod
    def of_bytes(cls, body: bytes | None, status_code: int, headers: Mapping[str, str]) -> "Rendered[Any]":
        """A response with JSON that was rendered before, or without a body."""
        answer: Rendered[Any] = cls.__new__(cls)
        Response.__init__(answer, body, status_code, headers)
        if body is None:
            del answer.headers["content-type"]
        return answer

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The schema of `Body`, for OpenAPI."""
        (body,) = get_args(source)
        return handler(body)
