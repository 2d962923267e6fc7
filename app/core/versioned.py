"""Optimistic locking: rows that people change after they have looked at them carry a version number.

The number grows with every change of the row. SQLAlchemy adds it to the WHERE clause of each UPDATE and DELETE, so a
change that rests on an older version is never written (`StaleDataError`). Over HTTP it is the row's ETag, and
If-Match is a `Precondition`: services compare it with the row as soon as they have locked it.
"""

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Mapped, Mapper, ORMExecuteState, declared_attr, mapped_column
from sqlalchemy.orm.attributes import flag_modified, instance_state
from sqlalchemy.sql.dml import Update

KEEPS_VERSION = "keeps_version"
"""Execution option of an `update()` that changes nothing that anybody decides on, such as the progress of a run."""

NEVER_REUSES_IDS = {"sqlite_autoincrement": True}
"""Table argument of versioned tables whose rows are deleted: id and version together must never mean another row."""


class HasVersion(Protocol):
    """A row with an identity and a version; one that is never changed always says the same."""

    @property
    def id(self) -> int: ...
    @property
    def version(self) -> int: ...


Row = TypeVar("Row", bound=HasVersion)


class Precondition(Protocol):
    """What a change rests on."""

    def check(self, row: Row) -> Row:
        """The row, which the caller has locked; raises `ServiceError` where it is not as its reader saw it."""

    def check_absent(self) -> None:
        """As `check`, where there is no such row."""


class _AnyVersion:
    def check(self, row: Row) -> Row:
        return row

    def check_absent(self) -> None:
        return


ANY_VERSION: Precondition = _AnyVersion()
"""For changes that rest on no version, such as those of commands."""


class Versioned:
    """Mixin of tables with a version: `class Item(Versioned, Base)`."""

    version: Mapped[int] = mapped_column(server_default=text("1"))

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - the class it is mixed into
        return {"version_id_col": cls.version}

    def touch(self) -> None:
        """Give the row a new version with the next flush: rows that are shown as part of it have changed.

        An order, for instance, when units of one of its lines came in.
        """
        key = _plain_columns(instance_state(self).mapper)[0]
        getattr(self, key)  # an attribute that is not loaded cannot be marked
        flag_modified(self, key)


def _plain_columns(mapper: Mapper[Any]) -> list[str]:
    """Attributes of columns that are neither key nor version; writing one as it is changes nothing else."""
    special = {*mapper.primary_key, mapper.version_id_col}
    return [one.key for one in mapper.column_attrs if not special & set(one.columns)]


def refuse_update_without_version(state: ORMExecuteState) -> None:
    """Raise `TypeError` where an UPDATE statement changes versioned rows without giving them new versions.

    Listens to `do_orm_execute` of sessions; what SQLAlchemy writes for changed objects has the version anyway.
    """
    statement, mapper = state.statement, state.bind_mapper
    if not isinstance(statement, Update) or mapper is None or not issubclass(mapper.class_, Versioned):
        return
    values: Mapping[Any, Any] = statement._values or {}
    if not state.execution_options.get(KEEPS_VERSION) and mapper.version_id_col not in values:
        raise TypeError(f"{mapper.class_.__name__} has versions: an update() of it must set one, too")
