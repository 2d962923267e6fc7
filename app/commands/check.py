"""`tongchou check`."""

import argparse

from app.audit.verify import verify_trail
from app.commands.language import terminal_language
from app.core.database import Database
from app.core.errors import ConflictError
from app.core.i18n import translate
from app.core.settings import Settings
from app.operations.invariants import INVARIANTS, broken_invariants


class UnsoundDatabaseError(ConflictError):
    """The database breaks its own rules: somebody changed it by hand, or a disk failed."""

    code = "database_unsound"


def register(command: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    command.description = "Forms the sums of the ledger, of funds and of orders anew and proves the audit trail."
    command.set_defaults(run=run)


def run(_options: argparse.Namespace) -> int:
    """0: everything adds up; 1: it does not, with a line for each thing that does not."""
    settings = Settings()
    language = terminal_language(settings.default_language)
    database = Database(settings)
    try:
        with database.read() as session:
            faults = list(broken_invariants(session.connection()))
        faults += verify_trail(database)
    finally:
        database.close()
    UnsoundDatabaseError.raise_if(faults)
    message = "Everything adds up: {count} rules of the ledger, of funds and of orders, and the audit trail."
    print(translate(message, language, count=len(INVARIANTS)))
    return 0
