"""`tongchou serve` and `tongchou migrate`."""

import argparse
from typing import Any

import uvicorn

from app.database import Database
from app.main import create_app
from app.settings import Settings
from migrations.run import upgrade


def register(commands: Any) -> None:
    """Add both commands to the command line."""
    serving = commands.add_parser("serve", help="serve the API and the pages")
    serving.add_argument("--host", default="127.0.0.1", help="address to listen on (default: only this machine)")
    serving.add_argument("--port", type=int, default=8000)
    serving.set_defaults(run=serve)
    migrating = commands.add_parser("migrate", help="bring the database to the newest revision")
    migrating.set_defaults(run=migrate)


def serve(options: argparse.Namespace) -> int:
    """Serve until stopped; the database must have been migrated."""
    uvicorn.run(create_app(Settings()), host=options.host, port=options.port, log_level="warning")
    return 0


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
