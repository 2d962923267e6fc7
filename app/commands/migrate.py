"""`tongchou migrate`."""

import argparse

from app.core.database import Database
from app.core.settings import Settings
from migrations.run import upgrade


def register(command: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    command.set_defaults(run=migrate)


def migrate(_options: argparse.Namespace) -> int:
    """Run the migrations."""
    settings = Settings()
    database = Database(settings)
    try:
        upgrade(database.engine)
    finally:
        database.close()
    print(f"The database {database.engine.url.render_as_string()} is at the newest revision.")
    return 0
