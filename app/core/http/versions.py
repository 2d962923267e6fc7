"""ETag, If-None-Match and If-Match over version columns (optimistic locking): 304, 412 and 428.

A GET of one thing takes `IfNoneMatch` and answers with it; a change takes `IfMatch` and hands it to the service, which
compares it with the row as soon as it has locked it:

    def show_item(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[ItemView]:
        return known.answer(service.item_by_code(session, code), ItemView.of)

    def change_item(code: Code, change: ItemChange, work: Write, if_match: IfMatch) -> Rendered[ItemView]:
        return tagged(service.change_item(work, code, change, if_match), ItemView.of)
"""

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends, Header
from sqlalchemy.orm import object_session

from app.core.errors import ServiceError
from app.core.http.answers import Rendered
from app.core.versioned import HasVersion, Row

View = TypeVar("View")

_HEADER = "If-Match"


class ChangedMeanwhileError(ServiceError):
    """The thing is not any more what the caller saw; nothing was changed."""

    status = 412
    code = "changed_meanwhile"
    title = "This was changed meanwhile."


class TagMissingError(ServiceError):
    """A change must say what it rests on; nothing was changed."""

    status = 428
    code = "if_match_missing"
    title = "If-Match is missing."


def etag_of(row: HasVersion) -> str:
    """The entity tag of a row as it is now, strong and quoted.

    Its id is part of it: what was removed and entered again is another thing.
    """
    return f'"{row.id}-{row.version}"'


def named_in(tags: str, etag: str) -> bool:
    """Whether a list of entity tags names this one, strongly compared; `*` names every one."""
    return tags.strip() == "*" or etag in (tag.strip() for tag in tags.split(","))


def tagged(row: Row, show: Callable[[Row], View]) -> Rendered[View]:
    """The row as it is shown, with its ETag; changes that are not written yet are written first."""
    session = object_session(row)
    if session is not None:
        session.flush()  # gives the row the version that the tag names
    return Rendered(show(row), headers={"ETag": etag_of(row)})


class IfMatchTags:
    """What a request says in If-Match; a `Precondition`."""

    def __init__(self, tags: str | None, *, needed: bool) -> None:
        self._tags, self._needed = tags, needed

    def check(self, row: Row) -> Row:
        """The row; raises `ChangedMeanwhileError` or `TagMissingError` unless it is the one that the caller saw."""
        if self._tags is None:
            if self._needed:
                raise TagMissingError.of("Read the thing first and send its ETag as If-Match.", where=_HEADER)
        elif not named_in(self._tags, etag_of(row)):
            raise ChangedMeanwhileError.of("Somebody changed it after you read it; read it again.", where=_HEADER)
        return row

    def check_absent(self) -> None:
        """Raise `ChangedMeanwhileError` where the caller saw something that is not there."""
        if self._tags is not None:
            raise ChangedMeanwhileError.of("It does not exist any more.", where=_HEADER)


class KnownVersions:
    """What a request says in If-None-Match: the versions that its caller has."""

    def __init__(self, tags: str | None) -> None:
        self._tags = tags

    def answer(self, row: Row, show: Callable[[Row], View]) -> Rendered[View]:
        """The row as it is shown, with its ETag; 304 where the caller has this version. All shown is the row's own."""
        etag = etag_of(row)
        if self._tags is not None and named_in(self._tags.replace("W/", ""), etag):
            return Rendered.of_bytes(None, 304, {"ETag": etag})
        return Rendered(show(row), headers={"ETag": etag})


_DESCRIPTION = "The ETag of the thing as it was when it was last read."
_Tags = Annotated[str | None, Header(alias=_HEADER, max_length=2000, description=_DESCRIPTION)]


async def if_match_needed(tags: _Tags = None) -> IfMatchTags:
    """If-Match, which a change asks for."""
    return IfMatchTags(tags, needed=True)


async def if_match_optional(tags: _Tags = None) -> IfMatchTags:
    """If-Match, which a change of state may carry."""
    return IfMatchTags(tags, needed=False)


async def if_none_match(
    tags: Annotated[
        str | None,
        Header(
            alias="If-None-Match",
            max_length=2000,
            description="An ETag; where it is still right, the answer is 304.",
        ),
    ] = None,
) -> KnownVersions:
    """If-None-Match of a GET."""
    return KnownVersions(tags)


IfMatch = Annotated[IfMatchTags, Depends(if_match_needed)]
"""For a change: 428 where If-Match is missing, 412 where it is stale."""

OptionalIfMatch = Annotated[IfMatchTags, Depends(if_match_optional)]
"""For a step that is guarded by the state that it finds: If-Match is compared where it is sent."""

IfNoneMatch = Annotated[KnownVersions, Depends(if_none_match)]
"""For a GET of one thing."""

TAGGED = {"headers": {"ETag": {"description": "Tag of this version.", "schema": {"type": "string"}}}}
"""OpenAPI entry of an answer with an ETag; a route that takes `IfNoneMatch` has it by itself."""
