"""What accounts, sessions and API keys look like on the wire; secrets go out once, when they are made."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints

from app.auth.models import AccountPlace, ApiKeyPlace, ApiKeyRight
from app.auth.rules import PASSWORD_LENGTH_MAX
from app.core.actor import ActorKind
from app.core.http.payloads import Change, Choice, Code, Name, Payload, Reason, View, unchanged
from app.core.rights import Right, Role

LOGIN_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,63}$"
PLACES_MAX = 200
KEY_DAYS_MAX = 366

Login = Annotated[str, StringConstraints(pattern=LOGIN_PATTERN)]
"""What a person logs in with and records name them by: small letters, digits, dot, dash, underscore."""


def _whole(text: str) -> str:
    if "\0" in text or any(0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise ValueError("contains NUL or broken Unicode")
    return text


# Spaces at the ends of a password belong to it, unlike those of any other text.
Password = Annotated[
    str,
    StringConstraints(min_length=1, max_length=PASSWORD_LENGTH_MAX, strip_whitespace=False),
    AfterValidator(_whole),
]

Places = Annotated[
    list[Code],
    Field(max_length=PLACES_MAX, description="Facilities or warehouses, for the roles that are bound to them."),
]


def _place_codes(rows: list[AccountPlace] | list[ApiKeyPlace]) -> list[str]:
    return sorted(row.place for row in rows)


def _right_names(rows: list[ApiKeyRight]) -> list[str]:
    return sorted(row.right for row in rows)


PlaceCodes = Annotated[list[str], BeforeValidator(_place_codes)]


class Credentials(Payload):
    """Who logs in."""

    login: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    password: Password
    code: str = Field(default="", max_length=20, description="Of the second factor, where the account has one.")


class PasswordChange(Payload):
    """One's own password, old and new."""

    current_password: Password
    new_password: Password


class NewAccount(Payload):
    """A person who may log in from now on."""

    login: Login
    name: Name
    role: Choice[Role]
    places: Places = Field(default_factory=list)


class AccountChange(Change):
    """What an administrator changes of an account; the login stays."""

    name: Name = unchanged()
    role: Choice[Role] = unchanged()
    places: Places = unchanged()
    active: bool = unchanged()


class AccountView(View):
    """An account."""

    login: str
    name: str
    role: Role
    places: PlaceCodes
    active: bool
    must_change_password: bool = Field(description="Until then it may do nothing else.")
    second_factor: bool = Field(description="It is asked for a code after its password.")
    demo: bool
    created_at: datetime
    created_by: str


class NewPasswordView(BaseModel):
    """An account with a password that its owner must replace at the first log-in."""

    account: AccountView
    password: str = Field(description="Shown this once; only its hash is kept.")


def _sorted_codes(codes: frozenset[str] | None) -> list[str] | None:
    return None if codes is None else sorted(codes)


Reach = Annotated[list[str] | None, BeforeValidator(_sorted_codes)]


class ActorView(View):
    """Who is acting, and how far it reaches."""

    name: str
    title: str
    kind: ActorKind
    role: Role | None
    rights: Annotated[list[Right], BeforeValidator(sorted)]
    facilities: Reach = Field(description="Missing: not narrowed to facilities.")
    warehouses: Reach = Field(description="Missing: not narrowed to warehouses.")
    must_change_password: bool
    must_set_second_factor: bool


class SessionView(View):
    """A person logged in with one browser."""

    id: int
    address: str
    began_at: datetime
    last_used_at: datetime
    ends_at: datetime


class NewApiKey(Payload):
    """A key for a machine."""

    code: Code
    purpose: Reason
    role: Choice[Role]
    rights: Annotated[list[Choice[Right]], Field(min_length=1, max_length=len(Right))]
    places: Places = Field(default_factory=list)
    valid_days: Annotated[int, Field(ge=1, le=KEY_DAYS_MAX)]


class ApiKeyView(View):
    """An API key, without its secret."""

    code: str
    purpose: str
    role: Role
    rights: Annotated[list[str], BeforeValidator(_right_names)] = Field(validation_alias="grants")
    places: PlaceCodes
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None


class NewSecretView(BaseModel):
    """A key with its secret."""

    key: ApiKeyView
    token: str = Field(description="Shown this once; send it as `Authorization: Bearer ...`.")
