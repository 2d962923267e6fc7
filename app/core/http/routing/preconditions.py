"""If-Match: a change is made only to the thing as its caller saw it, checked under the lock of its row."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Annotated

from fastapi import Header
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from app.core.errors import NotFoundError, ServiceError
from app.core.http.routing.answers import etag_of

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=2000, description="The ETag of the thing as it was when it was last read."),
]
IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", max_length=2000, description="An ETag; where it is still right, the answer is 304."),
]


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


def named_in(tags: str, etag: str) -> bool:
    """Whether a list of entity tags names this one, strongly compared; `*` names every one."""
    return tags.strip() == "*" or etag in (tag.strip() for tag in tags.split(","))


@contextmanager
def first_row_locked(session: Session) -> Iterator[None]:
    """Inside the block, the first entity that is read is locked until the end of the transaction.

    A view of a single thing begins by reading that thing; so what it shows cannot change before the change itself,
    and who else would change it waits. On SQLite the writing transaction is alone anyway.
    """
    done = False

    def lock(state: ORMExecuteState) -> None:
        nonlocal done
        if done or not state.is_select or state.is_column_load or state.is_relationship_load:
            return
        mapper = state.bind_mapper
        if mapper is None:
            return
        done = True
        # FOR NO KEY UPDATE: enough to keep other changes out, without holding up rows that only refer to this one.
        state.statement = state.statement.with_for_update(of=mapper.class_, key_share=True)  # type: ignore[attr-defined]
        state.update_execution_options(populate_existing=True)

    event.listen(session, "do_orm_execute", lock)
    try:
        yield
    finally:
        event.remove(session, "do_orm_execute", lock)


def check_unchanged(
    session: Session,
    if_match: str | None,
    read_body: Callable[[], bytes],
    *,
    needed: bool,
    creates: bool,
    locked: bool = True,
) -> None:
    """Raise `ChangedMeanwhileError` or `TagMissingError` unless the thing is the one that the caller saw.

    `locked` keeps it so until the end of the transaction; without it the handler itself must see to that.
    A thing that does not exist asks for no tag: the handler says so, or creates it (`creates`, which a tag forbids).
    """
    if if_match is None and not needed:
        return
    with first_row_locked(session) if locked else nullcontext():
        try:
            etag = etag_of(read_body())
        except NotFoundError:
            if creates and if_match is not None:
                raise ChangedMeanwhileError.of("It does not exist any more.", where="If-Match") from None
            return
    if if_match is None:
        raise TagMissingError.of("Read the thing first and send its ETag as If-Match.", where="If-Match")
    if not named_in(if_match, etag):
        raise ChangedMeanwhileError.of("Somebody changed it after you read it; read it again.", where="If-Match")
    # What the view read beside the locked row may have changed since: the handler must read it again.
    session.expire_all()
