"""Runs the migrations from inside the service and its tests, wherever it is installed."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

FOLDER = Path(__file__).parent


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's settings for this folder, working on the connection where one is given."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the engine's database to a revision (`head`: the newest)."""
    with engine.connect() as connection:
        command.upgrade(alembic_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the engine's database back to a revision (`base`: empty)."""
    with engine.connect() as connection:
        command.downgrade(alembic_config(connection), revision)
