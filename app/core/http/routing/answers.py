"""Answers as they are sent, with the tag of the representation that they hold."""

import hashlib
from dataclasses import dataclass
from typing import Any

from fastapi import Response
from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status, JSON body and entity tag of an answer."""

    status: int
    body: bytes | None
    etag: str | None = None

    def response(self, **headers: str) -> Response:
        """To be sent."""
        if self.etag is not None:
            headers["ETag"] = self.etag
        media_type = "application/json" if self.body is not None else None
        return Response(self.body, self.status, headers, media_type)


def render(shown: TypeAdapter[Any], value: object) -> bytes:
    """The JSON of a handler's result, as FastAPI itself would write it."""
    return shown.dump_json(shown.validate_python(value, from_attributes=True), by_alias=True)


def etag_of(body: bytes) -> str:
    """The tag of a representation: a digest of its bytes, so that no table needs a version column."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
