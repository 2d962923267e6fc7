"""Settings of the service, read from environment variables that begin with TONGCHOU_."""

from importlib.util import find_spec
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from app.core.rights import Role


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


class Settings(BaseSettings):
    """Everything that differs between two installations.

    Raises `pydantic.ValidationError` at start-up, naming each variable that is wrong.
    """

    model_config = SettingsConfigDict(env_prefix="TONGCHOU_", extra="ignore", frozen=True)

    database_url: str = "sqlite:///var/tongchou.db"
    """SQLAlchemy URL; SQLite (default, embedded) or postgresql+psycopg://..."""

    city_time_zone: str = "Asia/Shanghai"
    """Time zone in which the city's days begin and end."""

    default_language: str = "zh-CN"
    """Language of pages and errors when the caller names none that is known: zh-CN or en."""

    busy_timeout_seconds: float = Field(default=10.0, gt=0, le=300)
    """How long a writer waits for another before it gives up with 503."""

    pool_size: int = Field(default=20, ge=1, le=200)
    """Database connections; request threads are kept to the same number so that none starves."""

    pool_timeout_seconds: float = Field(default=5.0, gt=0, le=60)
    """How long a request waits for a connection before it is answered 503."""

    solver_time_limit_seconds: float = Field(default=600.0, gt=0)
    """A plan run that takes longer is tried once more, as long, band by band: what is proved then is a partial plan."""

    solver_processes: int | None = Field(default=None, ge=1, le=256)
    """Processes that compute one plan together; without it, all processors but one, which is left for the service."""

    audit_key: SecretStr | None = None
    """Signs exported heads of the audit trail: 32 random bytes in base64. Without it a key is made on first use and
    kept in `audit.key` beside the SQLite file; with PostgreSQL nothing is signed without it."""

    session_idle_minutes: int = Field(default=240, ge=1, le=7 * 24 * 60)
    """A person who has done nothing for so long must log in again."""

    session_hours: int = Field(default=24, ge=1, le=7 * 24)
    """Whatever a person does, after so long they must log in again."""

    second_factor_roles: str = ""
    """Roles, separated by commas, whose people may do nothing until they have set up a second factor."""

    password_memory_kib: int = Field(default=65_536, ge=8, le=2**20)
    """Memory that one password hash (argon2id) takes; lower it only for tests."""

    password_passes: int = Field(default=3, ge=1, le=20)
    """Passes of one password hash over its memory; lower it only for tests."""

    public_url: str | None = Field(default=None, pattern=r"^https?://[^\s/?#@]+/?$")
    """Where people reach the service, like https://supplies.example.org: what QR codes on waybills and log-in services
    lead back to. Without it the address that a request was sent to."""

    trusted_proxies: str = Field(default="127.0.0.1", pattern=r"^[0-9A-Fa-f.:/]+( *, *[0-9A-Fa-f.:/]+)*$")
    """Addresses or networks of the proxies, separated by commas, whose word counts on who a request came from and
    whether it came by TLS. Anybody else's is ignored."""

    allowed_hosts: str | None = Field(default=None, pattern=r"^[A-Za-z0-9.*-]+( *, *[A-Za-z0-9.*-]+)*$")
    """Names under which the service answers, separated by commas (`supplies.example.org, *.city.example`); without
    them any. It always answers to this machine itself."""

    idle_transaction_seconds: float = Field(default=60.0, ge=1, le=3600)
    """PostgreSQL ends a transaction in which nothing has happened for so long: its process or machine is gone, and
    its locks would stop all others."""

    access_log: bool = True
    """A line of JSON for each request on standard output; `tongchou serve --quiet` turns it off."""

    oidc_issuer: str | None = Field(
        default=None, pattern=r"^(https://[^\s?#@]+|http://(localhost|127\.0\.0\.1)(:[0-9]+)?(/[^\s?#@]*)?)$"
    )
    """An OpenID Connect provider with which people may log in; needs `tongchou[oidc]`, a client id and `public_url`."""

    oidc_client_id: str | None = Field(default=None, min_length=1, max_length=200)

    oidc_client_secret: SecretStr | None = None
    """Left out for a public client; the proof key (PKCE) is always sent."""

    oidc_claim: str = Field(default="preferred_username", min_length=1, max_length=100)
    """The claim of the ID token that holds the login of the account; only one that people cannot set themselves."""

    oidc_title: str = Field(default="OpenID Connect", min_length=1, max_length=60)
    """What the button on the log-in page calls the provider."""

    smtp_host: str | None = Field(default=None, min_length=1, max_length=253)
    """The mail server for notifications; without it none leave by e-mail."""

    smtp_port: int = Field(default=587, ge=1, le=65_535)

    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection to the mail server is encrypted."""

    smtp_user: str | None = Field(default=None, min_length=1, max_length=200)

    smtp_password: SecretStr | None = None

    smtp_sender: str | None = Field(default=None, pattern=r"^[^@\s<>,;:]+@[A-Za-z0-9.-]+$", max_length=254)
    """The address that notifications are sent from; needed with `smtp_host`."""

    notify_private_targets: bool = False
    """Web hooks and robots may be inside the own network and without TLS; otherwise only public https addresses."""

    font_folder: Path | None = None
    """A folder with a font for Chinese, for PDFs on a machine that has none installed."""

    demo: bool = False
    """The demonstration installation: sample data, demo accounts shown on the log-in page."""

    @field_validator("city_time_zone")
    @classmethod
    def _zone_is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)  # `available_timezones` would read the names of all of them, 30 ms
        except (OSError, ValueError, ZoneInfoNotFoundError) as error:
            raise ValueError("no such time zone") from error
        return name

    @field_validator("second_factor_roles")
    @classmethod
    def _roles_are_known(cls, names: str) -> str:
        unknown = [name for name in _split(names) if name not in Role.__members__]
        if unknown:
            raise ValueError(f"no such role: {', '.join(unknown)}; there are {', '.join(Role.__members__)}")
        return names

    @field_validator("database_url")
    @classmethod
    def _database_is_one_of_ours(cls, address: str) -> str:
        # The address itself may hold a password, and is not repeated.
        try:
            url = make_url(address)
        except ArgumentError as error:
            raise ValueError("not the URL of a database, such as sqlite:///var/tongchou.db") from error
        is_file = url.drivername in ("sqlite", "sqlite+pysqlite") and url.database not in (None, "", ":memory:")
        if not is_file and url.drivername not in ("postgresql", "postgresql+psycopg"):
            raise ValueError("neither an SQLite file (sqlite:///FILE) nor PostgreSQL (postgresql+psycopg://...)")
        if not is_file and find_spec("psycopg") is None:
            raise ValueError("PostgreSQL needs the extra tongchou[postgres]")
        return address

    @model_validator(mode="after")
    def _oidc_is_whole(self) -> Self:
        missing = [name for name in ("oidc_client_id", "public_url") if getattr(self, name) is None]
        if self.oidc_issuer is not None and missing:
            raise ValueError(f"oidc_issuer needs {' and '.join(missing)}")
        if self.oidc_issuer is not None and find_spec("authlib") is None:
            raise ValueError("oidc_issuer needs the extra tongchou[oidc]")
        return self

    @model_validator(mode="after")
    def _smtp_is_whole(self) -> Self:
        if self.smtp_host is not None and self.smtp_sender is None:
            raise ValueError("smtp_host needs smtp_sender")
        if (self.smtp_user is None) != (self.smtp_password is None):
            raise ValueError("smtp_user and smtp_password go together")
        if self.smtp_password is not None and self.smtp_security == "none":
            raise ValueError("smtp_password is sent only over starttls or tls")
        return self

    @property
    def city_zone(self) -> ZoneInfo:
        """The city's time zone as an object."""
        return ZoneInfo(self.city_time_zone)

    @property
    def host_names(self) -> list[str]:
        """The names under which the service answers; `*` where it answers to any."""
        if self.allowed_hosts is None:
            return ["*"]
        return [*_split(self.allowed_hosts), "127.0.0.1", "localhost"]

    @property
    def second_factor_at(self) -> frozenset[Role]:
        """The roles whose people must have a second factor."""
        return frozenset(Role[name] for name in _split(self.second_factor_roles))

    @property
    def sqlite_path(self) -> Path | None:
        """The database file, where the database is an SQLite file."""
        prefix = "sqlite:///"
        return Path(self.database_url.removeprefix(prefix)) if self.database_url.startswith(prefix) else None
