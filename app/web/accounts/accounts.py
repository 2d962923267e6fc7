"""Accounts: who may log in, as what, and where; a first password is shown once."""

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs, second_factor
from app.auth import accounts as service
from app.auth.api import HashedPasswords
from app.auth.models import Account
from app.auth.schemas import AccountChange, Login, NewAccount
from app.core.errors import ServiceError
from app.core.http.deps import Reader
from app.core.rights import Role
from app.core.work import Work
from app.facilities.places import keeps_stock_by_code
from app.facilities.service import select_facilities
from app.web.kit.columns import Column, Kind
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, Typed, validated
from app.web.kit.rendering import Words
from app.web.kit.tables import Filter, Listing

router = APIRouter(include_in_schema=False)

PLACE_FIELDS = 4
"""How many blank fields for places a form shows at least."""


def _roles(words: Words) -> list[tuple[str, str]]:
    return [(role.value, words(f"role.{role.value}")) for role in Role]


@router.get("/accounts", dependencies=[needs(Right.ACCOUNT_READ)])
def show_accounts(page: Page, session: Reader) -> Response:
    """Everybody who may log in, or could once."""
    words = page.words
    columns: list[Column[Account]] = [
        Column(
            key="login",
            title="Account",
            value=lambda row: row.login,
            order=Account.login,
            link=lambda row: f"/accounts/{row.login}",
        ),
        Column(key="name", title="Name", value=lambda row: row.name, order=Account.name),
        Column(
            key="role", title="Role", value=lambda row: f"role.{row.role.value}", kind=Kind.WORD, order=Account.role
        ),
        Column(
            key="places",
            title="Facilities and warehouses",
            value=lambda row: ", ".join(sorted(place.place for place in row.places)),
        ),
        Column(
            key="active",
            title="May log in",
            kind=Kind.WORD,
            order=Account.active,
            value=lambda row: (
                "no longer" if not row.active else "must set a password" if row.must_change_password else "yes"
            ),
        ),
    ]
    filters = [
        Filter(
            key="role",
            title="Role",
            choices=_roles(words),
            narrow=lambda query, value: query.where(Account.role == Role(value)),
        ),
        Filter(
            key="active",
            title="May log in",
            choices=[("yes", words("yes")), ("no", words("no longer"))],
            narrow=lambda query, value: query.where(Account.active.is_(value == "yes")),
        ),
    ]
    listing = Listing(
        file_name="Accounts",
        rows=service.select_accounts(),
        columns=columns,
        filters=filters,
        key=Account.id,
        sort="login",
    )
    return page.render_list(session, listing, "accounts/accounts.html")


@router.get("/accounts/new", dependencies=[needs(Right.ACCOUNT_MANAGE)])
def show_entry(page: Page, session: Reader) -> Response:
    """A form to fill."""
    return _entry(page, session, Form())


def _entry(page: PageContext, session: Session, form: Form) -> Response:
    return page.render(
        "accounts/account_entry.html",
        form=form,
        roles=_roles(page.words),
        places=_places(page, session),
        place_fields=form.rows("places", at_least=PLACE_FIELDS),
    )


def _places(page: PageContext, session: Session) -> list[tuple[str, str]]:
    return [(row.code, page.words.name(row)) for row in session.scalars(select_facilities(session)).unique()]


@router.post("/accounts", dependencies=[needs(Right.ACCOUNT_MANAGE)])
def create_account(sent: SentForm, passwords: HashedPasswords) -> Response:
    """Enter an account; the page that follows shows its first password this once."""
    page = sent.page
    if sent.is_resumed:
        return sent.shown_again(lambda session, form: _entry(page, session, form))
    sent.typed.pop("form_key", None)  # the answer holds a secret and is not kept for a repeat
    password = service.initial_password()
    try:
        new = validated(NewAccount, sent.typed)
        password_hash = passwords.hash(password)  # before the transaction: it takes its time on purpose
        with sent.database.write() as session:
            work = Work(session, page.actor, page.clock)
            service.create_account(work, new, directory=keeps_stock_by_code, password_hash=password_hash)
    except ServiceError as refusal:
        with sent.database.read() as session:
            return _entry(page, session, Form(values=sent.typed, refusal=refusal))
    return _password_page(page, new.login, password)


def _password_page(page: PageContext, login: str, password: str) -> Response:
    answer = page.render("accounts/password.html", login=login, password=password)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.get("/accounts/{login}", dependencies=[needs(Right.ACCOUNT_READ)])
def show_account(login: Login, page: Page, session: Reader) -> Response:
    """One account."""
    return _account_page(page, session, login, None)


def _account_page(page: PageContext, session: Session, login: str, refused: Form | None) -> Response:
    account = service.account_by_login(session, login)
    stored = {
        "name": account.name,
        "role": account.role.value,
        "places": sorted(place.place for place in account.places),
        "active": "yes" if account.active else "",
    }
    form = refused or Form(values=stored)
    return page.render(
        "accounts/other_account.html",
        form=form,
        account=account,
        roles=_roles(page.words),
        places=_places(page, session),
        place_fields=form.rows("places", at_least=PLACE_FIELDS),
    )


@router.post("/accounts/{login}", dependencies=[needs(Right.ACCOUNT_MANAGE)])
def change_account(login: Login, sent: SentForm) -> Response:
    """Name, role, places, and whether it may log in at all."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        # A box that is not ticked and places that are emptied are sent as nothing.
        given: Typed = {"places": [], **typed, "active": typed.get("active") == "yes"}
        change = validated(AccountChange, given)
        service.change_account(work, login, change, directory=keeps_stock_by_code)
        return "/accounts"

    return sent.run(act, lambda session, form: _account_page(page, session, login, form))


@router.post("/accounts/{login}/unlock", dependencies=[needs(Right.ACCOUNT_MANAGE)])
def unlock_account(login: Login, sent: SentForm) -> Response:
    """Forget the failed attempts."""
    page = sent.page

    def act(work: Work, _typed: Typed) -> str:
        service.unlock(work, login)
        return f"/accounts/{login}"

    return sent.run(act, lambda session, form: _account_page(page, session, login, form))


@router.post("/accounts/{login}/remove-second-factor", dependencies=[needs(Right.ACCOUNT_MANAGE)])
def remove_second_factor(login: Login, sent: SentForm) -> Response:
    """For who has lost the telephone."""
    page = sent.page

    def act(work: Work, _typed: Typed) -> str:
        second_factor.remove(work, login)
        return f"/accounts/{login}"

    return sent.run(act, lambda session, form: _account_page(page, session, login, form))


@router.post("/accounts/{login}/reset-password", dependencies=[needs(Right.ACCOUNT_MANAGE)])
def reset_password(login: Login, sent: SentForm, passwords: HashedPasswords) -> Response:
    """A new password, shown this once; ends the account's sessions."""
    page, password = sent.page, service.initial_password()
    password_hash = passwords.hash(password)
    with sent.database.write() as session:
        service.reset_password(Work(session, page.actor, page.clock), login, password_hash=password_hash)
    return _password_page(page, login, password)
