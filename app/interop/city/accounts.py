"""Accounts in bulk: a sheet of names, roles and places; each new account gets a password that its owner replaces."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Actor, Right
from app.auth.accounts import create_account, initial_password
from app.auth.models import Account
from app.auth.passwords import Passwords
from app.auth.schemas import NewAccount
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import Fault, InvalidInputError, ServiceError
from app.core.http.problem_details import shape_fault
from app.core.rights import Role
from app.core.work import Work
from app.facilities.places import keeps_stock_by_code
from app.interop.city.columns import Column, Form
from app.interop.city.kinds_places import FACILITIES, WAREHOUSES
from app.interop.city.present import present_city
from app.interop.city.reading import read_city
from app.interop.city.sheet_kind import SheetKind, words_of
from app.interop.city.understanding import Understanding, UnderstoodRow
from app.interop.city.workbook import city_workbook
from app.interop.sheets.books import Book

ACCOUNTS = SheetKind(
    name="accounts",
    title="List of accounts",
    key=("name", "role"),
    reads=Right.ACCOUNT_READ,
    writes=Right.ACCOUNT_MANAGE,
    columns=(
        Column(field="login", title="Log-in name", note="May be left empty: one is made."),
        Column(field="name", title="Name of the person", required=True, width=24),
        Column(field="role", title="Role", form=Form.CHOICE, words=words_of(Role, "role"), required=True),
        Column(
            field="places",
            title="Places",
            form=Form.REFERENCES,
            refers="facilities",
            note="The facilities or warehouses of the account; several are set apart by semicolons.",
            width=40,
        ),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeAccount:
    """A new account with the password to be handed over; it is shown this once."""

    login: str
    name: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    row: UnderstoodRow
    new: NewAccount


def account_rows(session: Session, book: Book, today: date) -> tuple[list[_Planned], list[Fault], int]:
    """The accounts of a sheet that are not there yet, what cannot be read, and how many are there already.

    An account is there where its log-in name is, or where it has none, where one of its name and role is.
    """
    there = present_city(session, [FACILITIES, WAREHOUSES]) | {"items": []}
    city = read_city(book, [ACCOUNTS])
    understanding = Understanding(city, there, today=today, from_1904=book.from_1904)
    known = {(account.name, account.role.value): account.login for account in session.scalars(select(Account)).unique()}
    logins = set(known.values())
    planned: list[_Planned] = []
    unchanged = 0
    for row in understanding.rows_of(ACCOUNTS):
        if row.values.get("login") in logins or ("login" not in row.values and row.key in known):
            unchanged += 1
            continue
        login = row.values.get("login") or _made_login(row.values["role"], logins)
        logins.add(login)
        try:
            planned.append(_Planned(row=row, new=NewAccount.model_validate(row.values | {"login": login})))
        except ValidationError as error:
            understanding.faults += [row.fault(shape_fault(one)) for one in error.errors(include_url=False)]
    return planned, understanding.faults, unchanged


def _made_login(role: str, taken: set[str]) -> str:
    number = 1
    while f"{role}-{number:03d}" in taken:
        number += 1
    return f"{role}-{number:03d}"


def create_accounts(
    database: Database, actor: Actor, clock: Clock, book: Book, passwords: Passwords
) -> tuple[Sequence[MadeAccount], int]:
    """Make all accounts of a sheet, or none; raises `InvalidInputError` with every fault at its cell.

    The new accounts with their first passwords, and how many were there already.
    """
    with database.read() as session:
        planned, faults, unchanged = account_rows(session, book, clock.today())
    InvalidInputError.raise_if(faults)
    made = [MadeAccount(login=one.new.login, name=one.new.name, password=initial_password()) for one in planned]
    hashes = [passwords.hash(one.password) for one in made]  # before the transaction: it takes its time on purpose
    with database.write() as session:
        _enter(Work(session, actor, clock), planned, hashes)
    return made, unchanged


class _ShownError(Exception):
    """Rolls back accounts that were only to be shown."""


def check_accounts(database: Database, actor: Actor, clock: Clock, book: Book) -> tuple[Sequence[NewAccount], int]:
    """The accounts that would be made, and how many are there already; raises what `create_accounts` raises."""
    with database.read() as session:
        planned, faults, unchanged = account_rows(session, book, clock.today())
    InvalidInputError.raise_if(faults)
    with suppress(_ShownError), database.write() as session:
        _enter(Work(session, actor, clock), planned, ["" for _ in planned])
        raise _ShownError
    return [one.new for one in planned], unchanged


def _enter(work: Work, planned: Sequence[_Planned], hashes: Sequence[str]) -> None:
    faults: list[Fault] = []
    for one, password_hash in zip(planned, hashes, strict=True):
        try:
            create_account(work, one.new, directory=keeps_stock_by_code, password_hash=password_hash)
        except ServiceError as refusal:
            faults += [one.row.fault(fault) for fault in refusal.faults]
    InvalidInputError.raise_if(faults)


def accounts_workbook(session: Session, language: str) -> bytes:
    """The sheet to be filled in, with the places beside it by their names."""
    kinds = [ACCOUNTS, FACILITIES, WAREHOUSES]
    return city_workbook(present_city(session, [FACILITIES, WAREHOUSES]) | {"accounts": []}, language, kinds)
