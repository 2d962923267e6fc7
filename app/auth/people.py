"""Names of people for their logins, kept for a short while: pages show who did something by name."""

import time
from collections.abc import Mapping

from sqlalchemy import select

from app.auth.models import Account
from app.core.database import Database

KEPT_SECONDS = 30.0
"""How long a name may be shown after it was changed."""


class PeopleNames:
    """The name of each account by its login, as it was a short while ago."""

    def __init__(self) -> None:
        self.by_login: Mapping[str, str] = {}
        self._read_at: float | None = None

    def renew(self, database: Database) -> None:
        """Read the names again where they are older than `KEPT_SECONDS`.

        It takes a connection of its own for a moment: call it while the request holds none.
        """
        now = time.monotonic()
        if self._read_at is not None and now - self._read_at < KEPT_SECONDS:
            return
        self._read_at = now
        with database.read() as session:
            self.by_login = dict(session.execute(select(Account.login, Account.name)).all())
