"""`tongchou restore FILE`."""

import argparse
from pathlib import Path

from app.commands.language import terminal_language
from app.core.database import Database
from app.core.i18n import number_text, translate
from app.core.settings import Settings
from app.operations.restore import restore
from migrations.tables import all_tables

assert all_tables  # importing it puts every table into the metadata


def register(command: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    command.description = (
        "Fills the empty database of the settings from a backup, of SQLite or PostgreSQL alike, and proves its "
        "digests, its audit trail and the sums of its ledger before anything is kept."
    )
    command.add_argument("file", type=Path, help="what `tongchou backup` wrote")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0: the database is what the backup was, at this release's schema; 1: refused, and the database is empty."""
    settings = Settings()
    language = terminal_language(settings.default_language)
    database = Database(settings)
    try:
        manifest = restore(database, options.file)
    finally:
        database.close()
    message = "{rows} rows of {tables} tables restored as of {moment}; audit trail and ledger are whole."
    rows = number_text(sum(one.rows for one in manifest.tables), language)
    moment = manifest.taken_at.astimezone(settings.city_zone).strftime("%Y-%m-%d %H:%M")
    print(translate(message, language, rows=rows, tables=len(manifest.tables), moment=moment))
    return 0
