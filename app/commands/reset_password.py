"""`tongchou reset-password LOGIN`: a way back in when no administrator can log in."""

import argparse

from app.auth.accounts import initial_password, reset_password
from app.auth.passwords import Passwords
from app.commands.language import terminal_language
from app.core.actor import Actor
from app.core.clock import Clock
from app.core.database import Database
from app.core.i18n import translate
from app.core.rights import Right
from app.core.settings import Settings
from app.core.work import Work

ACTOR = Actor.system("reset-password", {Right.ACCOUNT_MANAGE})


def register(command: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    command.description = (
        "Gives an account a new password, which is printed once and must be replaced at the first log-in; ends its "
        "sessions and its lock-out after wrong passwords. It is recorded in the audit trail."
    )
    command.add_argument("login", help="the account's login")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0: the new password has been printed; 1: there is no such account."""
    settings = Settings()
    language = terminal_language(settings.default_language)
    password = initial_password()
    password_hash = Passwords(settings).hash(password)
    database = Database(settings)
    try:
        with database.write() as session:
            work = Work(session, ACTOR, Clock(settings.city_zone))
            reset_password(work, options.login, password_hash=password_hash)
    finally:
        database.close()
    message = "New password of {login}, to be replaced at the first log-in: {password}"
    print(translate(message, language, login=options.login, password=password))
    return 0
