"""`tongchou create-admin LOGIN`: the first administrator, who makes all further accounts."""

import argparse
import getpass
import os
import sys

from app.auth.accounts import create_account, is_first_account
from app.auth.passwords import Passwords
from app.auth.rules import password_faults
from app.auth.schemas import LOGIN_PATTERN, NewAccount
from app.core.actor import Actor
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import ConflictError, Fault, InvalidInputError
from app.core.rights import Right, Role
from app.core.settings import Settings
from app.core.work import Work
from app.facilities.places import keeps_stock_by_code

ACTOR = Actor.system("create-admin", {Right.ACCOUNT_MANAGE})
PASSWORD_VARIABLE = "TONGCHOU_ADMIN_PASSWORD"  # noqa: S105 - the variable's name


def register(command: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    command.description = (
        "Makes the account of the first administrator, who makes all others. The password is asked for, "
        f"or read from {PASSWORD_VARIABLE} or, where that is not set and nobody is at a terminal, from standard input; "
        "it is never an argument, which every user of the machine could read."
    )
    command.add_argument("login", help="what the administrator logs in with: small letters, digits, . _ -")
    command.add_argument("--name", default="Administrator", help="the administrator's name as people say it")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0: the account is there; refused when there are accounts already, or the login or password will not do."""
    new = _new_account(options)
    settings = Settings()
    database = Database(settings)
    try:
        with database.read() as session:
            _refuse_second(is_first=is_first_account(session))
        password = _password()
        InvalidInputError.raise_if(password_faults(password, new.login, where="password"))
        password_hash = Passwords(settings).hash(password)
        with database.write() as session:
            _refuse_second(is_first=is_first_account(session))
            create_account(
                Work(session, ACTOR, Clock(settings.city_zone)),
                new,
                directory=keeps_stock_by_code,
                password_hash=password_hash,
                must_change_password=False,
            )
    finally:
        database.close()
    print(f"Administrator “{new.login}” can log in now.")
    return 0


def _new_account(options: argparse.Namespace) -> NewAccount:
    try:
        return NewAccount(login=options.login, name=options.name, role=Role.ADMINISTRATOR)
    except ValueError as error:
        message = "A login has the form {pattern}, and a name at least one and at most 200 characters."
        raise InvalidInputError(Fault("not_an_account", message, "", {"pattern": LOGIN_PATTERN})) from error


def _refuse_second(*, is_first: bool) -> None:
    if not is_first:
        raise ConflictError.of("There are accounts already; an administrator makes further ones.", code="not_the_first")


def _password() -> str:
    given = os.environ.get(PASSWORD_VARIABLE)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Password, once more: ") != password:
        raise InvalidInputError.of("The two new passwords differ.", code="passwords_differ", where="password")
    return password
