"""`tongchou simulate`: simulates some days of the sample's city, by the service's rule or by another one."""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from app.commands.language import terminal_language
from app.core.database import Database
from app.core.i18n import LANGUAGES, translate
from app.core.settings import Settings
from app.simulation.service import simulate
from app.simulation.shown import charts, table_lines
from app.simulation.summary import Summary
from app.simulation.tally import Tally
from app.simulation.types import Method, Options
from migrations.run import upgrade

DAYS_MAX = 60
ALL = "all"


def _days(text: str) -> int:
    days = int(text)
    if not 2 <= days <= DAYS_MAX:
        raise ValueError(text)
    return days


_days.__name__ = f"number of days (2 to {DAYS_MAX})"


def register(command: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    command.description = (
        "Lets the sample's city live through the same services with a clock of its own: reports that come late, are "
        "missing or inflated, gifts at any hour, late and short orders, lorries that turn back, a recalled lot, a "
        "closed road; each morning a plan, at noon its approval. The same seed gives the same world whatever the rule."
    )
    command.add_argument("--days", type=_days, default=14, help="days to live (default: 14)")
    command.add_argument("--seed", type=int, default=7, help="of everything that is drawn (default: 7)")
    command.add_argument(
        "--rule",
        choices=[*(method.value for method in Method), ALL],
        default=Method.TONGCHOU.value,
        help="how the plans are made (default: tongchou); all: one simulation by each rule, side by side",
    )
    command.add_argument(
        "--places",
        type=int,
        metavar="N",
        help="keep only so many facilities of each type, for a smaller city (default: all)",
    )
    command.add_argument("--out", type=Path, metavar="FOLDER", help="write summary.json and SVG charts here")
    command.add_argument(
        "--database",
        metavar="URL",
        help="an empty database, kept afterwards (default: a temporary SQLite file; not with --rule all)",
    )
    command.add_argument("--lang", choices=LANGUAGES, help="language of the table and the charts (default: by LANG)")
    command.set_defaults(run=run, parser=command)


def run(options: argparse.Namespace) -> int:
    """0 when the days were lived; faults of the database are refused as for every command."""
    if options.database is not None and options.rule == ALL:
        options.parser.error("--database takes one rule: with --rule all each has a database of its own")
    if options.places is not None and options.places < 1:
        options.parser.error("--places: at least 1")
    language = options.lang or terminal_language("zh-CN")
    methods = list(Method) if options.rule == ALL else [Method(options.rule)]
    summaries = [_one(options, method, language) for method in methods]
    for line in table_lines(summaries, language):
        print(line)
    for summary in summaries:
        for refusal in summary.refusals:
            print(f"tongchou: {summary.rule}: {refusal}", file=sys.stderr)
    if options.out is not None:
        _write(options.out, summaries, language)
    return 0


def _one(options: argparse.Namespace, method: Method, language: str) -> Summary:
    wanted = Options(days=options.days, seed=options.seed, method=method, places_per_type=options.places)

    def tell(day: date, tally: Tally) -> None:
        message = "{rule}: {day}, {plans} plans, {orders} transfer orders"
        told = {"rule": translate(f"rule.{method.value}", language), "day": day.isoformat()}
        print(
            translate(message, language, **told, plans=tally.plans, orders=tally.transfer_orders),
            file=sys.stderr,
            flush=True,
        )

    with _database(options.database) as (database, settings):
        return simulate(wanted, database, settings.city_zone, tell)


@contextmanager
def _database(url: str | None) -> Iterator[tuple[Database, Settings]]:
    """The database of that URL, or one that is gone afterwards; migrated."""
    with tempfile.TemporaryDirectory(prefix="tongchou-simulate-") as folder:
        settings = Settings(database_url=url or f"sqlite:///{folder}/city.db")
        database = Database(settings)
        if url is None:
            event.listen(database.engine, "connect", _never_sync)
        try:
            upgrade(database.engine)
            yield database, settings
        finally:
            database.close()


def _never_sync(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # Nothing in this file outlives the command, so no power cut can harm it.
    connection.cursor().execute("PRAGMA synchronous = OFF")


def _write(folder: Path, summaries: list[Summary], language: str) -> None:
    """One summary as summary.json, several as summary-RULE.json; the charts hold all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for summary in summaries:
        name = "summary.json" if len(summaries) == 1 else f"summary-{summary.rule}.json"
        text = json.dumps(summary.document(), ensure_ascii=False, indent=1)
        (folder / name).write_text(f"{text}\n", encoding="utf-8")
    for name, picture in charts(summaries, language):
        (folder / name).write_text(f"{picture}\n", encoding="utf-8")
