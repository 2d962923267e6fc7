"""API keys of machines: made for a role with some of its rights until a day, shown once, listed, revoked."""

from datetime import timedelta

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, keys, needs
from app.auth.models import ApiKey
from app.auth.schemas import KEY_DAYS_MAX, NewApiKey
from app.core.errors import Fault, InvalidInputError, ServiceError
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.rights import BOUND_ROLES, PERSONAL_RIGHTS, ROLE_RIGHTS, Role
from app.core.work import Work
from app.facilities.places import keeps_stock_by_code
from app.web.kit.choices import place_choices
from app.web.kit.columns import Column, Kind
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, Typed, validated
from app.web.kit.rendering import Words
from app.web.kit.tables import Listing
from app.web.kit.units import read_day

router = APIRouter(include_in_schema=False)

PLACE_FIELDS = 4
FIRST_DAYS = 90
"""Until when a key is valid unless said otherwise."""


@router.get("/api-keys", dependencies=[needs(Right.ACCOUNT_READ)])
def show_keys(page: Page, session: Reader) -> Response:
    """All keys, the newest first, those that open nothing any more as well."""
    words = page.words
    columns: list[Column[ApiKey]] = [
        Column(
            key="code",
            title="Code",
            value=lambda row: row.code,
            order=ApiKey.code,
            link=lambda row: f"/api-keys/{row.code}",
        ),
        Column(key="purpose", title="What for", value=lambda row: row.purpose),
        Column(key="role", title="Role", value=lambda row: f"role.{row.role.value}", kind=Kind.WORD, order=ApiKey.role),
        Column(
            key="places",
            title="Facilities and warehouses",
            value=lambda row: words(", ").join(sorted(place.place for place in row.places)),
        ),
        Column(
            key="expires",
            title="Valid until",
            value=lambda row: row.expires_at,
            kind=Kind.MOMENT,
            order=ApiKey.expires_at,
        ),
        Column(key="state", title="State", value=lambda row: key_state(page, row), kind=Kind.WORD),
        Column(key="created_by", title="Made by", value=lambda row: row.created_by, order=ApiKey.created_by),
    ]
    listing = Listing(
        file_name="API keys",
        rows=keys.select_keys(),
        columns=columns,
        key=ApiKey.id,
        sort="-expires",
        empty="No API key yet. Make one for each program that shall read or write here without a person.",
    )
    return page.render_list(session, listing, "accounts/api_keys.html")


def key_state(page: PageContext, key: ApiKey) -> str:
    """Whether a key opens anything, as a word."""
    if key.revoked_at is not None:
        return "revoked"
    return "out of date" if key.expires_at <= page.clock.now() else "valid"


def _roles(words: Words) -> list[tuple[Role, str]]:
    """Roles of which a program may have any right."""
    return [(role, words(f"role.{role.value}")) for role in Role if ROLE_RIGHTS[role] - PERSONAL_RIGHTS]


@router.get("/api-keys/new", dependencies=[needs(Right.ACCOUNT_MANAGE)])
def show_entry(page: Page, session: Reader, role: Role | None = None) -> Response:
    """First the role; then what of it the key may do."""
    until = page.clock.today() + timedelta(days=FIRST_DAYS)
    return _entry(page, session, role, Form(values={"until": until.isoformat()}))


def _entry(page: PageContext, session: Session, role: Role | None, form: Form) -> Response:
    rights = sorted(ROLE_RIGHTS[role] - PERSONAL_RIGHTS, key=list(Right).index) if role is not None else []
    chosen = form.values if form.refusal else {f"right_{one.value}": "yes" for one in rights if _reads(one)}
    return page.render(
        "accounts/api_key_entry.html",
        form=form,
        role=role,
        roles=_roles(page.words),
        rights=rights,
        chosen=chosen,
        places=place_choices(session, page.words),
        place_fields=form.rows("places", at_least=PLACE_FIELDS) if role in BOUND_ROLES else (),
    )


def _reads(right: Right) -> bool:
    return right.value.endswith("_READ")


@router.post("/api-keys", dependencies=[needs(Right.ACCOUNT_MANAGE)])
def create_key(sent: SentForm) -> Response:
    """Make a key; the page that follows shows it this once."""
    page, typed = sent.page, dict(sent.typed)
    role = Role(typed["role"]) if typed.get("role") in list(Role) else None
    if sent.is_resumed:
        return sent.shown_again(lambda session, form: _entry(page, session, role, form))
    typed.pop("form_key", None)  # the answer holds a secret and is not kept for a repeat
    try:
        new = validated(NewApiKey, _payload(page, typed))
        with sent.database.write() as session:
            key, token = keys.create_key(Work(session, page.actor, page.clock), new, directory=keeps_stock_by_code)
            answer = page.render("accounts/api_key_token.html", key=key, token=token)
    except ServiceError as refusal:
        with sent.database.read() as session:
            return _entry(page, session, role, Form(values=sent.typed, refusal=refusal))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _payload(page: PageContext, typed: Typed) -> Typed:
    """What was typed as the payload of the REST call: boxes as a list of rights, the last day as a number of days."""
    rights = [right.value for right in Right if typed.pop(f"right_{right.value}", "") == "yes"]
    if not rights:
        raise InvalidInputError(Fault("no_rights", "Tick at least one thing that the key may do.", "rights"))
    until = read_day(str(typed.pop("until", "")))
    days = (until - page.clock.today()).days
    if not 1 <= days <= KEY_DAYS_MAX:
        message = "The last day lies within the next {days} days."
        raise InvalidInputError(Fault("key_days", message, "until", {"days": KEY_DAYS_MAX}))
    return {**typed, "rights": rights, "valid_days": days}


@router.get("/api-keys/{code}", dependencies=[needs(Right.ACCOUNT_READ)])
def show_key(code: Code, page: Page, session: Reader) -> Response:
    """One key, without its secret."""
    return _key_page(page, session, code, Form())


def _key_page(page: PageContext, session: Session, code: str, form: Form) -> Response:
    key = keys.key_by_code(session, code)
    return page.render("accounts/api_key.html", form=form, key=key, state=key_state(page, key))


@router.post("/api-keys/{code}/revoke", dependencies=[needs(Right.ACCOUNT_MANAGE)])
def revoke_key(code: Code, sent: SentForm) -> Response:
    """From now on it opens nothing."""
    page = sent.page

    def act(work: Work, _typed: Typed) -> str:
        keys.revoke_key(work, code)
        return f"/api-keys/{code}"

    return sent.run(act, lambda session, form: _key_page(page, session, code, form))
