"""`tongchou create-accounts FILE`: accounts from a sheet, each with a first password that is printed once."""

import argparse
import sys
from pathlib import Path

from app.auth import Actor, Right
from app.auth.passwords import Passwords
from app.commands.language import terminal_language
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import InvalidInputError
from app.core.i18n import LANGUAGES, translate
from app.core.settings import Settings
from app.interop.city.accounts import create_accounts
from app.interop.sheets.files import read_file

ACTOR = Actor.system("create-accounts", {Right.ACCOUNT_MANAGE})


def register(command: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    command.description = (
        "Makes accounts from the sheet 账号表 (List of accounts) of a workbook with the columns Name of the person, "
        "Role, Places and Log-in name (may be empty). Prints log-in name, first password and name of each, apart by "
        "tabs; a password is printed this once and must be replaced at the first log-in. All or nothing; accounts "
        "that are there stay."
    )
    command.add_argument("file", type=Path, help="the workbook: .xlsx, .xls or .ods")
    command.add_argument("--lang", choices=LANGUAGES, help="language of the report (default: by LANG)")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0: made, or all there already; 1: faults, and nothing was made."""
    settings = Settings()
    language = options.lang or terminal_language(settings.default_language)
    book = read_file(options.file)
    database = Database(settings)
    try:
        made, unchanged = create_accounts(database, ACTOR, Clock(settings.city_zone), book, Passwords(settings))
    except InvalidInputError as refusal:
        for fault in refusal.faults:
            print(f"{fault.where}: {translate(fault.message, language, **fault.params)}", file=sys.stderr)
        return 1
    finally:
        database.close()
    for one in made:
        print(f"{one.login}\t{one.password}\t{one.name}")
    message = "{count} accounts made, {there} were there already."
    print(translate(message, language, count=len(made), there=unchanged), file=sys.stderr)
    return 0
