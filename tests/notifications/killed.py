"""A sender in a process of its own, which a test kills."""

from app.core.clock import Clock
from app.core.database import Database
from app.core.settings import Settings
from app.notifications.sending import Sender
from app.web.kit.error_texts import notice_text
from tests.conftest import NOON


def send_once(database_url: str) -> None:
    """Take one message up and send it."""
    settings = Settings(database_url=database_url, notify_private_targets=True)
    database = Database(settings)
    Sender(database, Clock(settings.city_zone, lambda: NOON), settings, notice_text, name="worker to be killed").step()
