"""Decisions about passwords, places of roles, rights of keys, sessions and attempts to log in; without I/O."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from app.core.errors import Fault
from app.core.rights import BOUND_ROLES, PERSONAL_RIGHTS, ROLE_RIGHTS, Right, Role

PASSWORD_LENGTH_MIN = 10
PASSWORD_LENGTH_MAX = 128
DISTINCT_CHARACTERS_MIN = 5

GUESSES_MIN = 10**8
"""A password must take more guesses than that, by zxcvbn's estimate; the throttle allows 1,000 a day for an account."""
_GUESSED_WITH = ("tongchou", "zhuzhou", "woaini", "mima", "yiqing", "kangyi", "wuzi")
"""Words of this service and of its country that are guessed beside zxcvbn's lists of common passwords and names."""
_ESTIMATED_CHARACTERS = 72
"""As far as zxcvbn looks; it takes 20 ms for so many."""


def password_faults(password: str, login: str, *, where: str) -> list[Fault]:
    """What is wrong with a new password: length, sameness, and what is guessed first (after NIST SP 800-63B).

    How many guesses it takes is estimated as by Wheeler, zxcvbn: Low-Budget Password Strength Estimation, 2016.
    """
    faults = []
    if len(password) < PASSWORD_LENGTH_MIN:
        message = "A password needs at least {count} characters."
        faults.append(Fault("password_short", message, where, {"count": PASSWORD_LENGTH_MIN}))
    if len(set(password)) < DISTINCT_CHARACTERS_MIN:
        message = "A password needs at least {count} different characters."
        faults.append(Fault("password_uniform", message, where, {"count": DISTINCT_CHARACTERS_MIN}))
    if login in password.lower() or (not faults and _guesses(password, login) < GUESSES_MIN):
        faults.append(Fault("password_guessable", "This password is guessed among the first.", where))
    return faults


def _guesses(password: str, login: str) -> int:
    from zxcvbn import zxcvbn  # its lists take 40 ms to load, and most processes never ask

    return int(zxcvbn(password[:_ESTIMATED_CHARACTERS], user_inputs=[login, *_GUESSED_WITH])["guesses"])


def place_rule_faults(role: Role, places: Collection[str]) -> list[Fault]:
    """A bound role needs places; no other role may have any."""
    if role in BOUND_ROLES and not places:
        message = "This role is bound to places: name at least one."
        return [Fault("places_missing", message, "places")]
    if role not in BOUND_ROLES and places:
        return [Fault("places_forbidden", "This role is not bound to places.", "places")]
    return []


def key_right_faults(role: Role, rights: Collection[Right]) -> list[Fault]:
    """A key has no right that its role has not, and none that a person must stand for by name."""
    faults = []
    for n, right in enumerate(rights):
        where = f"rights.{n}"
        if right not in ROLE_RIGHTS[role]:
            faults.append(Fault("right_beyond_role", "The role has no right {right}.", where, {"right": right.value}))
        elif right in PERSONAL_RIGHTS:
            message = "The right {right} is a person's; no key can have it."
            faults.append(Fault("right_personal", message, where, {"right": right.value}))
    return faults


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLife:
    """How long a session lasts without use, and at most."""

    idle: timedelta
    longest: timedelta

    def is_over(self, *, last_used_at: datetime, ends_at: datetime, now: datetime) -> bool:
        """Has it ended at this moment?"""
        return now >= ends_at or now - last_used_at >= self.idle

    def is_due_for_note(self, *, last_used_at: datetime, now: datetime) -> bool:
        """Should its use be written down? Not at every request: readers would become writers."""
        return now - last_used_at >= min(self.idle / 10, timedelta(minutes=5))


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptLimit:
    """So many attempts until there has been quiet for so long."""

    attempts: int
    quiet: timedelta

    def wait(self, *, attempts: int, last_at: datetime, now: datetime) -> timedelta | None:
        """How long the next attempt must wait; None where it may be made.

        A clock that was put back makes the last attempt lie ahead; that must not lock an account until then.
        """
        since = abs(now - last_at)
        return self.quiet - since if attempts >= self.attempts and since < self.quiet else None

    def count(self, *, attempts: int, last_at: datetime, now: datetime) -> int:
        """The number of attempts with one more, where earlier ones are forgotten after the quiet."""
        return 1 if abs(now - last_at) >= self.quiet else attempts + 1


ACCOUNT_LIMIT = AttemptLimit(attempts=10, quiet=timedelta(minutes=15))
ADDRESS_LIMIT = AttemptLimit(attempts=100, quiet=timedelta(minutes=15))
"""A hospital's people share an address: more than for an account, but not enough to try many accounts."""


def network_of(address: str) -> str:
    """The part of an address that one subscriber cannot change at will: IPv4 as a whole, of IPv6 the first half."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> 64 << 64)) + "/64"
    return str(parsed)
