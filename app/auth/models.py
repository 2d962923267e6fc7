"""Tables of accounts, their second factors, their sessions, API keys, and the count of attempts to log in."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base, Key, enum_column
from app.core.rights import Role
from app.core.versioned import Versioned
from app.core.write_guard import unrecorded


class Account(Versioned, Base):
    """A person who may log in; never deleted, so that records always find their name."""

    __tablename__ = "account"
    __table_args__ = (CheckConstraint("login = lower(login)", name="login"),)

    id: Mapped[Key]
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role] = mapped_column(enum_column(Role, "role"))
    password_hash: Mapped[str] = mapped_column(String(255))
    must_change_password: Mapped[bool]
    """Set while the password is one that an administrator has seen."""
    second_factor: Mapped[bool]
    """After the password it is asked for a code (`SecondFactor`)."""
    active: Mapped[bool]
    demo: Mapped[bool]
    """Its password is public: it can log in nowhere but in the demo."""
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(200))
    places: Mapped[list["AccountPlace"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="AccountPlace.place"
    )


class AccountPlace(Base):
    """A facility or warehouse that an account is bound to."""

    __tablename__ = "account_place"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    place: Mapped[str] = mapped_column(String(64), ForeignKey("facility.code"), primary_key=True)


class SecondFactor(Base):
    """The secret from which an account's telephone forms codes; it counts once a first code has confirmed it."""

    __tablename__ = "second_factor"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    secret: Mapped[str] = mapped_column(String(64))
    """In base32; whoever reads the database can form codes, but not passwords."""
    last_step: Mapped[int]
    """The time step of the last code taken: no code is taken twice."""


class LoginSession(Base):
    """A person logged in with one browser; the token itself is only in that browser."""

    __tablename__ = "login_session"

    id: Mapped[Key]
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the token, which is 256 random bits."""
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    address: Mapped[str] = mapped_column(String(64))
    code_asked: Mapped[bool]
    """The password was right, the code has not come yet: nobody acts by this session."""
    began_at: Mapped[datetime]
    last_used_at: Mapped[datetime] = mapped_column(info=unrecorded("Noted now and then while somebody reads pages."))
    ends_at: Mapped[datetime] = mapped_column(index=True)
    """However much it is used."""
    account: Mapped[Account] = relationship(lazy="joined")


class ApiKey(Versioned, Base):
    """A machine's key: acts in a role, with some of its rights; kept after it is revoked."""

    __tablename__ = "api_key"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(2000))
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[Role] = mapped_column(enum_column(Role, "role"))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(200))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    grants: Mapped[list["ApiKeyRight"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="ApiKeyRight.right"
    )
    places: Mapped[list["ApiKeyPlace"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="ApiKeyPlace.place"
    )


class ApiKeyRight(Base):
    """A right of an API key, by its name in the code; a name that the code no longer knows grants nothing."""

    __tablename__ = "api_key_right"

    api_key_id: Mapped[int] = mapped_column(ForeignKey("api_key.id"), primary_key=True)
    right: Mapped[str] = mapped_column("right_name", String(64), primary_key=True)


class ApiKeyPlace(Base):
    """A facility or warehouse that an API key is bound to."""

    __tablename__ = "api_key_place"

    api_key_id: Mapped[int] = mapped_column(ForeignKey("api_key.id"), primary_key=True)
    place: Mapped[str] = mapped_column(String(64), ForeignKey("facility.code"), primary_key=True)


class LoginThrottle(Base):
    """How often log-in was tried for an account or from an address since it was last quiet."""

    __tablename__ = "login_throttle"
    __table_args__ = (
        CheckConstraint("attempts >= 0", name="attempts"),
        {"info": unrecorded("Counts attempts; log-ins that failed and lock-outs are recorded themselves.")},
    )

    subject: Mapped[str] = mapped_column(String(100), primary_key=True)
    attempts: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
