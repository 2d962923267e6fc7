"""`tongchou import-needs FILE`: needs from outside, into the database or into a problem for the solver."""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from app.auth import Actor, Right
from app.catalog.aliases import known_names
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import InvalidInputError, ServiceError
from app.core.http.payloads import FIRST_DAY, LAST_DAY
from app.core.i18n import choose_language, number_text, translate
from app.core.settings import Settings
from app.core.work import Work
from app.interop.errors import UnreadableFileError
from app.interop.mapping import SortedNeeds, sort_needs
from app.interop.names import ItemNames, catalogue_names, read_aliases, shipped_names
from app.interop.needs import NeedFile
from app.interop.needs_json import read_appeals
from app.interop.needs_problem import build_problem
from app.interop.needs_requisitions import import_requisitions
from app.interop.needs_table import read_need_table
from app.interop.report import listed_lines, summary_lines, write_listed
from app.interop.sheet_facts import headings_of, item_facts
from app.interop.sheets.headings import Headings
from app.interop.sheets.need_rows import ItemFacts
from app.interop.stock_table import read_assumed_quantities, read_stock, read_tier_rules

ACTOR = Actor.system("import-needs", {Right.REQUISITION_SUBMIT})

SHEETS = (".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods")
READABLE = (".json", *SHEETS)


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(text)
    return day


def _horizon(text: str) -> int:
    days = int(text)
    if not 1 <= days <= 60:
        raise ValueError(text)
    return days


_day.__name__, _horizon.__name__ = "day (2020-01-31)", "number of days (1 to 60)"


def register(command: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    command.description = (
        "Reads needs from a file, maps item names to items, lists what cannot be taken, and either enters "
        "the rest as requisitions or writes a problem that `python -m solver solve` can solve."
    )
    command.add_argument("file", type=Path, help=".json (appeals), or a sheet: .xlsx, .xls, .ods, .csv, .tsv")
    target = command.add_mutually_exclusive_group(required=True)
    target.add_argument("--into-database", action="store_true", help="enter and submit requisitions")
    target.add_argument("--problem-out", type=Path, metavar="FILE", help="write a tongchou.problem/1 document")
    command.add_argument("--stock", type=Path, metavar="FILE", help="with --problem-out: lot,item,quantity,pack,expiry")
    command.add_argument(
        "--assume", type=Path, metavar="FILE", help="with --problem-out: item,quantity for needs without"
    )
    command.add_argument("--tiers", type=Path, metavar="FILE", help="with --problem-out: word,tier by facility name")
    command.add_argument("--aliases", type=Path, metavar="FILE", help="alias,item: goes before all other names")
    command.add_argument("--facility", default="", help="for sheets that name none: whose needs they are")
    command.add_argument(
        "--sheet", action="append", metavar="NAME", help="which sheet is read, may be given again; all: all of them"
    )
    command.add_argument("--start", type=_day, help="day of the report and first day of the plan (default: today)")
    command.add_argument("--days", type=_horizon, default=7, help="days of the plan (default: 7)")
    command.add_argument("--listed", type=Path, metavar="FILE", help="write what is not taken to a CSV file")
    command.add_argument("--lang", choices=("zh-CN", "en"), help="language of the report (default: LANG)")
    command.set_defaults(run=run, parser=command)


def run(options: argparse.Namespace) -> int:
    """0: done; 1: faults in the input, nothing was written; 2: a file cannot be read, or wrong usage."""
    settings = Settings()
    language = options.lang or choose_language(os.environ.get("LANG"), settings.default_language)
    _check_usage(options)
    try:
        work = _into_database if options.into_database else _into_problem
        needs, done = work(options, settings, language)
    except ServiceError as error:
        _tell(error, language)
        return 2 if isinstance(error, UnreadableFileError) else 1
    except OSError as error:
        message = translate("{file} cannot be written: {error}.", language, file=error.filename, error=error.strerror)
        print(f"tongchou: {message}", file=sys.stderr)
        return 2
    for line in summary_lines(needs, language):
        print(line)
    if needs.listed and options.listed is None:
        print(translate("Listed, not taken:", language))
        for line in listed_lines(needs, language):
            print(line)
    print(done)
    return 0


def _check_usage(options: argparse.Namespace) -> None:
    """End with the usage where options do not belong together, as argparse does for what it can see itself."""
    offline = {"--stock": options.stock, "--assume": options.assume, "--tiers": options.tiers}
    if options.into_database and any(offline.values()):
        given = ", ".join(name for name, value in offline.items() if value)
        options.parser.error(f"{given} cannot be used with --into-database")
    if not options.into_database and options.stock is None:
        options.parser.error("--problem-out needs --stock")
    if options.file.suffix.lower() not in READABLE:
        options.parser.error(f"{options.file.name}: only {', '.join(READABLE)} files are read")


def _tell(error: ServiceError, language: str) -> None:
    print(f"tongchou: {translate(error.title, language)}", file=sys.stderr)
    for fault in error.faults:
        text = translate(fault.message, language, **fault.params)
        print(f"  {fault.where}: {text}" if fault.where else f"  {text}", file=sys.stderr)


def _start_of(options: argparse.Namespace, clock: Clock) -> date:
    start: date = options.start or clock.today()
    return start


@contextmanager
def _in_file(path: Path) -> Iterator[None]:
    """Name the file in every fault that is found in it."""
    try:
        yield
    except UnreadableFileError:
        raise  # its faults are at the file's name already
    except ServiceError as error:
        named = [one.at(f"{path.name}: {one.where}" if one.where else path.name) for one in error.faults]
        raise InvalidInputError(*named) from error


def _read_needs(
    options: argparse.Namespace,
    names: ItemNames,
    facts: Mapping[str, ItemFacts],
    *,
    near: date,
    headings: Headings | None = None,
) -> NeedFile:
    with _in_file(options.file):
        if options.file.suffix.lower() == ".json":
            return read_appeals(options.file)
        return read_need_table(
            options.file,
            names,
            facts,
            near=near,
            headings=headings,
            facility=options.facility,
            sheets=tuple(options.sheet or ()),
        )


def _write_listed(options: argparse.Namespace, needs: SortedNeeds) -> None:
    if options.listed is not None:
        write_listed(options.listed, needs)


def _write_whole(path: Path, text: str) -> None:
    """Put the text in the place of the file at once, so that nobody ever reads half of it."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _into_problem(options: argparse.Namespace, settings: Settings, language: str) -> tuple[SortedNeeds, str]:
    own = None
    if options.aliases:
        with _in_file(options.aliases):
            own = read_aliases(options.aliases)
    names = shipped_names(own)
    start = _start_of(options, Clock(settings.city_zone))
    last_day = start + timedelta(days=options.days - 1)
    with _in_file(options.stock):
        stock = read_stock(options.stock, names, near=start)
    rules, assumed = read_tier_rules(), {}
    if options.tiers:
        with _in_file(options.tiers):
            rules = read_tier_rules(options.tiers)
    if options.assume:
        with _in_file(options.assume):
            assumed = dict(read_assumed_quantities(options.assume, names))
    facts = {code: ItemFacts(code=code) for code in set(names.table.values())}
    file = _read_needs(options, names, facts, near=start)
    needs = sort_needs(file, names, needed_by=last_day, last_day=last_day, assumed_quantities=assumed)
    problem = build_problem(needs.taken, stock, rules, start=start, days=options.days)
    _write_listed(options, needs)
    _write_whole(options.problem_out, json.dumps(problem, ensure_ascii=False, indent=1) + "\n")
    message = "Written to {file}: {demands} demands of {facilities} facilities, {lots} lots."
    counts = {"demands": "demands", "facilities": "facilities", "lots": "supplies"}
    shown = {name: number_text(len(problem[key]), language) for name, key in counts.items()}
    return needs, translate(message, language, file=options.problem_out, **shown)


def _into_database(options: argparse.Namespace, settings: Settings, language: str) -> tuple[SortedNeeds, str]:
    clock = Clock(settings.city_zone)
    reported_on = _start_of(options, clock)
    database = Database(settings)
    try:
        with database.read() as session:
            facts = item_facts(session)
            names, headings = _names(options, session, facts), headings_of(session, facts)
        # A large file takes seconds: they must not pass within the transaction that writes.
        file = _read_needs(options, names, facts, near=reported_on, headings=headings)
        needs = sort_needs(file, names, needed_by=reported_on + timedelta(days=options.days - 1))
        with database.write() as session, _in_file(options.file):
            created = import_requisitions(
                Work(session, ACTOR, clock),
                needs.taken,
                {code: one.program for code, one in facts.items() if one.program is not None},
                reported_on=reported_on,
                note=f"import-needs: {options.file.name}",
            )
            codes = [requisition.code for requisition in created]
            _write_listed(options, needs)  # where it cannot be written, nothing is entered either
    finally:
        database.close()
    if not codes:
        return needs, translate("No requisition was entered.", language)
    message = "{count} requisitions entered and submitted: {first} to {last}."
    return needs, translate(message, language, count=len(codes), first=codes[0], last=codes[-1])


def _names(options: argparse.Namespace, session: Session, facts: Mapping[str, ItemFacts]) -> ItemNames:
    own: Mapping[str, str] = {}
    if options.aliases:
        with _in_file(options.aliases):
            own = read_aliases(options.aliases, item_exists=facts.__contains__)
    return catalogue_names(known_names(session), facts, own)
