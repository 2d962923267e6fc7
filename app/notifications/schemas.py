"""What is taken in and shown of notification rules and of the outbox."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from app.auth.schemas import Login
from app.core.http.payloads import Change, Choice, Code, CodeOf, Identifier, Name, Payload, View, unchanged
from app.core.rights import Role
from app.notifications.types import NotificationChannel, NotificationState


def _printable(text: str) -> str:
    if any(ord(letter) < 33 or 0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise ValueError("must hold no spaces or control characters")
    return text


Target = Annotated[
    str,
    StringConstraints(min_length=3, max_length=1000),
    AfterValidator(_printable),
    Field(description="An e-mail address, or the web address of a hook or robot; shown only in part."),
]
Secret = Annotated[
    str,
    StringConstraints(max_length=200),
    AfterValidator(_printable),
    Field(description="Signs web hooks (whsec_...) and messages of DingTalk robots; never shown."),
]
Hour = Annotated[int, Field(ge=0, le=23)]
Language = Literal["zh-CN", "en"]


class NewNotificationRule(Payload):
    """Who is told of what, by which channel: a role (at one place where it is bound to places) or an account."""

    name: Name
    channel: Choice[NotificationChannel]
    target: Target
    secret: Secret = ""
    role: Choice[Role] | None = None
    account: Login | None = None
    place: Code | None = None
    language: Language = "zh-CN"
    tells_notices: bool = Field(default=True, description="Notices left for the role, the account or the place.")
    tells_work: bool = Field(default=True, description="New work on the work list.")
    tells_late: bool = Field(default=True, description="Work that is overdue, own and of those one level below.")
    quiet_from: Hour | None = Field(default=None, description="Hour of the city's day from which nothing leaves.")
    quiet_until: Hour | None = None


class NewTestMessage(Payload):
    """A test message, for the people of a rule."""

    rule_id: Identifier


class NotificationRuleChange(Change):
    """What may be changed of a rule; the channel and who is told stay."""

    name: Name = unchanged()
    target: Target = unchanged()
    secret: Secret = unchanged()
    language: Language = unchanged()
    tells_notices: bool = unchanged()
    tells_work: bool = unchanged()
    tells_late: bool = unchanged()
    quiet_from: Hour | None = unchanged()
    quiet_until: Hour | None = unchanged()
    active: bool = unchanged()


class NotificationRuleView(View):
    """A rule; the target without its key, the secret not at all."""

    id: int
    name: str
    channel: NotificationChannel
    target: str = Field(validation_alias="masked_target")
    has_secret: bool
    role: Role | None
    account: str | None = Field(validation_alias="account_login")
    place: CodeOf | None
    language: str
    tells_notices: bool
    tells_work: bool
    tells_late: bool
    quiet_from: int | None
    quiet_until: int | None
    active: bool
    created_at: datetime
    created_by: str


class NotificationView(View):
    """A message of the outbox."""

    id: int
    message_id: str = Field(description="The same at every attempt.")
    rule_id: int
    kind: str
    title: str
    text: str
    address: str = Field(description="The page on which something can be done about it.")
    state: NotificationState
    queued_at: datetime
    send_at: datetime
    attempts: int
    fault: Annotated[str | None, BeforeValidator(lambda fault: str(fault) if fault is not None else None)] = Field(
        description="Why the last attempt failed."
    )
    sent_at: datetime | None
