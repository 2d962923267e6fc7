"""`tongchou backup FILE`."""

import argparse
from pathlib import Path

from app.commands.language import terminal_language
from app.core.clock import Clock
from app.core.database import Database
from app.core.i18n import number_text, translate
from app.core.settings import Settings
from app.operations.backup import back_up
from migrations.tables import all_tables

assert all_tables  # importing it puts every table into the metadata


def register(command: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    command.description = (
        "Writes every table, as it is at one moment, to one file, while the service goes on. Log-in sessions are left "
        "out, and the key that signs audit heads is not in it: keep that apart."
    )
    command.add_argument("file", type=Path, help="where to; replaced only when the new backup is whole")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0: the backup is written and can be restored; 1: the database cannot be read, or the file not written."""
    settings = Settings()
    language = terminal_language(settings.default_language)
    database = Database(settings)
    try:
        manifest = back_up(database, options.file, Clock(settings.city_zone))
    finally:
        database.close()
    message = "{rows} rows of {tables} tables written to {file}; the audit trail ends at record {seq}."
    rows = number_text(sum(one.rows for one in manifest.tables), language)
    seq = number_text(manifest.audit_seq, language)
    print(translate(message, language, rows=rows, tables=len(manifest.tables), file=options.file, seq=seq))
    return 0
