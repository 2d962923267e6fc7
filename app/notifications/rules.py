"""What a notification rule may say, when its messages may leave, and when a failed one is tried again."""

import base64
import binascii
import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from app.core.errors import Fault
from app.core.rights import BOUND_ROLES, Role
from app.notifications.types import NotificationChannel

RETRY_AFTER: tuple[timedelta, ...] = (
    timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=2),
    timedelta(hours=6),
)  # fmt: skip
"""Waiting time after each failed attempt; after one more failure the message is given up."""

RETRY_AFTER_MAX = timedelta(hours=1)
"""A receiver that answers with Retry-After is not waited for longer than this."""

PAUSE = timedelta(minutes=30)
"""Work of one kind is told to one receiver at most so often: what arrives in between is in the next count."""

URGENT_KINDS = frozenset({"lot_blocked", "lot_recalled", "work.ANSWER_RECALL", "late.ANSWER_RECALL"})
"""Told in quiet hours too: goods that may do harm are in use."""

SECRET_BYTES_MIN, SECRET_BYTES_MAX = 24, 64
WEBHOOK_SECRET_PREFIX = "whsec_"  # noqa: S105 - no secret, only how one begins

_EMAIL = re.compile(r"[^@\s,;:<>()\[\]\"\\]{1,64}@[A-Za-z0-9.-]{1,190}")

_TRANSLATING = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("2002::/16"))
"""IPv6 networks whose addresses lead to an IPv4 address, which may be a private one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlets:
    """What the installation is set up to send with."""

    smtp: bool
    private_targets: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFacts:
    """The fields of a rule that depend on one another."""

    channel: NotificationChannel
    target: str
    secret: str
    role: Role | None
    account: str | None
    place: str | None
    tells_notices: bool
    tells_work: bool
    tells_late: bool
    quiet_from: int | None
    quiet_until: int | None


def rule_faults(rule: RuleFacts, outlets: Outlets) -> list[Fault]:
    """Everything that is wrong with a rule, by field."""
    faults = _audience_faults(rule)
    if rule.channel is NotificationChannel.EMAIL:
        faults += _email_faults(rule, outlets)
    else:
        faults += _address_faults(rule.target, outlets) + _secret_faults(rule.channel, rule.secret)
    if not (rule.tells_notices or rule.tells_work or rule.tells_late):
        faults.append(Fault("tells_nothing", "Say at least one thing that is told.", "tells_work"))
    if (rule.quiet_from is None) != (rule.quiet_until is None) or (
        rule.quiet_from is not None and rule.quiet_from == rule.quiet_until
    ):
        message = "Quiet hours need two different hours, or none."
        faults.append(Fault("quiet_hours", message, "quiet_until"))
    return faults


def _audience_faults(rule: RuleFacts) -> list[Fault]:
    if (rule.role is None) == (rule.account is None):
        return [Fault("audience", "Name either a role or an account.", "role")]
    if rule.role in BOUND_ROLES and rule.place is None:
        return [Fault("place_missing", "For this role, name the facility or warehouse.", "place")]
    if rule.place is not None and rule.role not in BOUND_ROLES:
        return [Fault("place_unused", "Only facilities and warehouses are told by place.", "place")]
    return []


def _email_faults(rule: RuleFacts, outlets: Outlets) -> list[Fault]:
    faults = []
    if not outlets.smtp:
        faults.append(Fault("smtp_missing", "E-mail is not set up in this installation.", "channel"))
    if not _EMAIL.fullmatch(rule.target):
        faults.append(Fault("not_an_email", "This must be one e-mail address.", "target"))
    if rule.secret:
        faults.append(Fault("secret_unused", "E-mail takes no secret.", "secret"))
    return faults


def _address_faults(target: str, outlets: Outlets) -> list[Fault]:
    try:
        parts = urlsplit(target)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("https", "http") or not host or parts.username is not None or parts.fragment:
        return [Fault("not_an_address", "This must be a web address like https://host/path.", "target")]
    if outlets.private_targets:
        return []
    if parts.scheme != "https":
        return [Fault("not_https", "Web addresses must begin with https.", "target")]
    if not is_public_host(host):
        return [Fault("private_target", "This address is inside the own network.", "target")]
    return []


def _secret_faults(channel: NotificationChannel, secret: str) -> list[Fault]:
    if channel is NotificationChannel.WEBHOOK and secret_bytes(secret) is None:
        message = "A web hook needs a secret: whsec_ and 24 to 64 bytes in base64."
        return [Fault("webhook_secret", message, "secret")]
    if channel is NotificationChannel.WECOM and secret:
        return [Fault("secret_unused", "A WeCom robot takes no secret: its key is in the address.", "secret")]
    return []


def secret_bytes(secret: str) -> bytes | None:
    """The key of a web hook's secret; None where it is malformed."""
    if not secret.startswith(WEBHOOK_SECRET_PREFIX):
        return None
    try:
        key = base64.b64decode(secret.removeprefix(WEBHOOK_SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if SECRET_BYTES_MIN <= len(key) <= SECRET_BYTES_MAX else None


def is_public_host(host: str) -> bool:
    """False for an IP address of a private network and for names that only private networks know."""
    try:
        return is_public_address(host)
    except ValueError:
        return "." in host and not host.rstrip(".").endswith((".localhost", ".local", ".internal"))


def is_public_address(text: str) -> bool:
    """Whether an IP address is one of the public internet; raises `ValueError` where it is none."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if any(address in network for network in _TRANSLATING):
            return False
        address = address.ipv4_mapped or address
    return address.is_global and not address.is_multicast


def masked(channel: NotificationChannel, target: str) -> str:
    """A target as it is shown and recorded: robots carry their key in the address, which stays hidden."""
    if channel is NotificationChannel.EMAIL:
        return target
    parts = urlsplit(target)
    hidden = len(parts.path) > 1 or parts.query
    return f"{parts.scheme}://{parts.netloc}/{'…' if hidden else ''}"


def may_leave_at(
    moment: datetime, kind: str, quiet_from: int | None, quiet_until: int | None, zone: ZoneInfo
) -> datetime:
    """The moment itself, or the end of the quiet hours (of the city) in which it falls; urgent kinds do not wait."""
    if quiet_from is None or quiet_until is None or kind in URGENT_KINDS:
        return moment
    local = moment.astimezone(zone)
    hour = local.hour
    overnight = quiet_from > quiet_until
    is_quiet = (hour >= quiet_from or hour < quiet_until) if overnight else quiet_from <= hour < quiet_until
    if not is_quiet:
        return moment
    end = local.replace(hour=quiet_until, minute=0, second=0, microsecond=0)
    return end if end > local else end + timedelta(days=1)


def retry_at(now: datetime, attempts: int, asked: timedelta | None = None) -> datetime | None:
    """When a message that failed `attempts` times is tried again; None: it is given up."""
    if attempts > len(RETRY_AFTER):
        return None
    wait = RETRY_AFTER[attempts - 1]
    return now + max(wait, min(asked, RETRY_AFTER_MAX) if asked is not None else wait)
