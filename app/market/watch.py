"""What time alone brings about: values that are overdue, alarms that nobody answered."""

from app.core.actor import Actor
from app.core.clock import Clock
from app.core.database import Database
from app.core.rights import Right
from app.core.work import Work
from app.market.alerts import find_missing_reports, pass_up_overdue

WATCHER = Actor.system("market-watch", [Right.MARKET_READ, Right.MARKET_MANAGE])


def watch(database: Database, clock: Clock) -> None:
    """Raise alarms about values that are owed by now, and pass unanswered alarms to the leaders; a transaction each."""
    with database.write() as session:
        find_missing_reports(Work(session, WATCHER, clock))
    with database.write() as session:
        pass_up_overdue(Work(session, WATCHER, clock))
