"""`tongchou demo`: the whole job on the sample, from an empty database to a printed plan and served pages."""

import argparse
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from app.auth import Actor
from app.auth.demo import DEMO_PASSWORD, create_demo_accounts
from app.catalog.types import Program
from app.commands.language import terminal_language
from app.commands.print_plan import plan_lines
from app.commands.serve import listen
from app.commands.worker import workers_beside
from app.core.clock import Clock
from app.core.database import Database
from app.core.i18n import LANGUAGES, translate
from app.core.rights import ROLE_RIGHTS, Role
from app.core.settings import Settings
from app.facilities.places import keeps_stock_by_code
from app.main import create_app
from app.planning.plans.report import report_plan
from app.planning.plans.schemas import NewPlan
from app.planning.plans.service import newest_plan, propose_plan
from app.planning.solving.process import solve_document
from app.sample.load import load_sample
from migrations.run import upgrade

# Noon of 31 January 2020 in Zhuzhou: the day after the control group's meeting.
DEMO_BEGINS = datetime(2020, 1, 31, 4, 0, tzinfo=UTC)
DATABASE_URL = "sqlite:///var/demo.db"
PROPOSER = Actor.system("supplies group", ROLE_RIGHTS[Role.SUPPLIES_GROUP])


def register(demo: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    demo.add_argument("--no-serve", action="store_true", help="stop after printing")
    demo.add_argument("--lang", choices=LANGUAGES, help="language of the print and the pages (default: by LANG)")
    demo.add_argument("--host", default="127.0.0.1", help="address to listen on (default: only this machine)")
    demo.add_argument("--port", type=int, default=8000)
    demo.add_argument(
        "--database",
        metavar="URL",
        help=f"an empty database, such as postgresql+psycopg://… (default: {DATABASE_URL}, made anew each time)",
    )
    demo.set_defaults(run=run)


@dataclass(frozen=True, slots=True)
class DemoTime:
    """The time of the demo; a value, so that the worker's process can be given the same one."""

    made: float
    """Seconds of the machine's steady clock at which it was noon of the sample's day."""

    def __call__(self) -> datetime:
        """The present moment."""
        return datetime.fromtimestamp(DEMO_BEGINS.timestamp() + time.monotonic() - self.made, UTC)


def demo_clock(settings: Settings) -> Clock:
    """A clock that stood at noon of the sample's day when it was made, and goes on from there."""
    return Clock(settings.city_zone, DemoTime(made=time.monotonic()))


def prepare(database: Database, settings: Settings, clock: Clock) -> Iterator[Program]:
    """Migrate and fill an empty database: the sample, its accounts, a plan for each program, told when it is there."""
    upgrade(database.engine)
    load_sample(database, clock=clock)
    with database.write() as session:
        create_demo_accounts(session, settings, clock=clock, directory=keeps_stock_by_code)
    for program in Program:
        propose_plan(
            database,
            NewPlan(program=program),
            actor=PROPOSER,
            clock=clock,
            time_limit_seconds=settings.solver_time_limit_seconds,
            solve=solve_document,
        )
        yield program


def _reachable(host: str) -> str:
    """What others type for an address that stands for all of this machine's."""
    if host != "0.0.0.0":  # noqa: S104 - asked for by name
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: the system only chooses the address to send from
        except OSError:
            return host
        address: str = probe.getsockname()[0]
    return address


def run(options: argparse.Namespace) -> int:
    """Run the demo on a database of its own, made anew each time, or on an empty one; 0 when the plan was printed."""
    language = options.lang or terminal_language("zh-CN")
    settings = Settings(database_url=options.database or DATABASE_URL, demo=True, default_language=language)
    if options.database is None:
        assert settings.sqlite_path is not None
        for leftover in settings.sqlite_path.parent.glob(f"{settings.sqlite_path.name}*"):
            leftover.unlink()
    clock = demo_clock(settings)
    database = Database(settings)
    try:
        for program in prepare(database, settings, clock):
            with database.read() as session:
                plan = newest_plan(session, program)
                assert plan is not None
                print("\n".join(plan_lines(report_plan(session, plan, language), language)), end="\n\n", flush=True)
    finally:
        database.close()
    if options.no_serve:
        return 0
    message = "The pages: http://{host}:{port}/ (Ctrl-C stops)"
    print(translate(message, language, host=_reachable(options.host), port=options.port), flush=True)
    if options.host not in {"127.0.0.1", "::1", "localhost"}:
        message = "Whoever reaches this machine can log in, as everybody knows the password: for a trial only."
        print(translate(message, language), flush=True)
    message = "Log in as one of the accounts that the page shows; password: {password}"
    print(translate(message, language, password=DEMO_PASSWORD), flush=True)
    with workers_beside(settings, clock, 1):
        listen(create_app(settings, clock), settings, host=options.host, port=options.port)
    return 0
