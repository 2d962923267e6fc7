"""`tongchou load-city FILE`: enter a city from its workbook, all or nothing."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from app.auth import Actor
from app.commands.language import terminal_language
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import InvalidInputError
from app.core.i18n import LANGUAGES, translate
from app.core.rights import ROLE_RIGHTS, Role
from app.core.settings import Settings
from app.core.work import Work
from app.interop.city.loading import check_city, load_city
from app.interop.city.outcome import CityOutcome
from app.interop.sheets.files import read_file

ACTOR = Actor.system(
    "load-city", ROLE_RIGHTS[Role.SUPPLIES_GROUP] | ROLE_RIGHTS[Role.LEADER] | ROLE_RIGHTS[Role.WAREHOUSE]
)


def register(command: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    command.description = (
        "Reads a workbook as `tongchou city-workbook` writes it. Every fault is told at its cell; without faults all "
        "of it is entered in one transaction. Loading the same file again changes nothing."
    )
    command.add_argument("file", type=Path, help="the workbook: .xlsx, .xls or .ods")
    command.add_argument("--check", action="store_true", help="only tell what would be new and changed")
    command.add_argument("--lang", choices=LANGUAGES, help="language of the report (default: by LANG)")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0: loaded, or found to be without faults; 1: faults, and nothing was entered."""
    settings = Settings()
    language = options.lang or terminal_language(settings.default_language)
    clock = Clock(settings.city_zone)
    book = read_file(options.file)
    database = Database(settings)
    try:
        if options.check:
            outcome = check_city(database, ACTOR, clock, book)
        else:
            with database.write() as session:
                outcome = load_city(Work(session, ACTOR, clock), book)
    except InvalidInputError as refusal:
        for fault in refusal.faults:
            print(f"{fault.where}: {translate(fault.message, language, **fault.params)}", file=sys.stderr)
        message = "{count} faults; nothing was entered."
        print(translate(message, language, count=len(refusal.faults)), file=sys.stderr)
        return 1
    finally:
        database.close()
    for line in outcome_lines(outcome, language):
        print(line)
    done = "Nothing was entered: this was a check." if options.check else "All of it is entered."
    print(translate(done, language))
    return 0


def outcome_lines(outcome: CityOutcome, language: str) -> Iterator[str]:
    """What becomes of each sheet, a line each, and what is not used."""
    message = "{sheet}: {new} new, {changed} changed, {unchanged} unchanged, {kept} in stock already"
    for one in outcome.sheets:
        yield translate(
            message,
            language,
            sheet=translate(one.title, language),
            new=len(one.new),
            changed=len(one.changed),
            unchanged=one.unchanged,
            kept=one.kept,
        )
    for place in outcome.not_used:
        yield translate("not used: {place}", language, place=place)
