"""Whether a database has the schema that this release works with."""

from functools import cache

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from app.core.database import Database
from app.core.errors import BusyError
from migrations.run import alembic_config


class OtherSchemaError(BusyError):
    """The database was migrated by another release, or not at all."""

    code = "other_schema"
    title = "The database does not have the schema of this release."


class NotMigratedError(OtherSchemaError):
    """The database has no schema yet."""

    code = "not_migrated"


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(alembic_config())


def refuse_other_schema(database: Database) -> None:
    """Raise `OtherSchemaError`, saying which way it differs, or `DatabaseUnavailableError`."""
    with database.read() as session:
        present = MigrationContext.configure(session.connection()).get_current_revision()
    needed = _scripts().get_current_head()
    if present == needed:
        return
    if present is None:
        raise NotMigratedError.of("The database has not been migrated yet: run `tongchou migrate`.")
    try:
        _scripts().get_revision(present)
    except CommandError as error:
        message = "The database is at {present}, which this release does not know: it was migrated by a later one."
        raise OtherSchemaError.of(message, present=present) from error
    message = "The database is at {present} and this release needs {needed}: run `tongchou migrate`."
    raise OtherSchemaError.of(message, present=present, needed=needed)
