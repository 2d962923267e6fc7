"""One attempt to deliver a message: e-mail by SMTP, web hooks and robots by an HTTPS POST to a checked address."""

import base64
import hashlib
import hmac
import json
import smtplib
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import httpx

from app.core.errors import Fault, Param
from app.core.settings import Settings
from app.notifications.rules import is_public_address, secret_bytes
from app.notifications.types import NotificationChannel

TIMEOUT_SECONDS = 10.0
ANSWER_SECONDS_MAX = 30.0
"""However slowly an answer drips in, it is read no longer; well below `sending.LEASE`."""
ANSWER_BYTES_MAX = 64 * 1024
CHAT_BYTES_MAX = 2000
"""WeCom takes 2,048 bytes of text; a longer one is cut."""

_TOO_OFTEN = frozenset({45009, 130101, 410100})
"""Error codes of WeCom and DingTalk for too many messages in a minute."""
_ROBOT_GONE = frozenset({93000, 300001, 400101})
"""Error codes for robots that do not exist (any more)."""


class NotDeliveredError(Exception):
    """An attempt failed."""

    def __init__(
        self, message: str, *, is_final: bool = False, retry_after: timedelta | None = None, **params: Param
    ) -> None:
        super().__init__(message)
        self.fault = Fault("not_sent", message, "", params)
        self.is_final = is_final
        """It would be refused again."""
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message with all that an attempt needs, apart from the database."""

    message_id: str
    kind: str
    channel: NotificationChannel
    target: str
    secret: str
    title: str
    text: str
    link: str
    """The address of the page, where the installation knows its own; else empty."""
    language: str
    queued_at: datetime

    @property
    def body(self) -> str:
        """The text with the link below."""
        return "\n".join(part for part in (self.text, self.link) if part)


def deliver(letter: Letter, settings: Settings, now: datetime) -> None:
    """Deliver it once; raises `NotDeliveredError`."""
    match letter.channel:
        case NotificationChannel.EMAIL:
            _mail(letter, settings, now)
        case NotificationChannel.WEBHOOK:
            body = _json(
                {
                    "type": letter.kind,
                    "timestamp": letter.queued_at.astimezone(UTC).isoformat(),
                    "data": {
                        "title": letter.title, "text": letter.text, "link": letter.link, "language": letter.language,
                    },
                }
            )  # fmt: skip
            post(letter.target, body, signed(letter, body, now), settings)
        case NotificationChannel.WECOM:
            _robot(letter.target, letter, settings)
        case NotificationChannel.DINGTALK:
            _robot(str(dingtalk_address(letter.target, letter.secret, now)), letter, settings)


def signed(letter: Letter, body: bytes, now: datetime) -> dict[str, str]:
    """Headers after Standard Webhooks: HMAC-SHA256 over id, time and body."""
    key = secret_bytes(letter.secret)
    if key is None:
        raise NotDeliveredError("The secret of the web hook is malformed.", is_final=True)
    stamp = str(int(now.timestamp()))
    digest = hmac.new(key, f"{letter.message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": letter.message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def dingtalk_address(target: str, secret: str, now: datetime) -> httpx.URL:
    """The robot's address with time and signature, where it has a secret."""
    address = httpx.URL(target)
    if not secret:
        return address
    stamp = str(int(now.timestamp() * 1000))
    digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    return address.copy_merge_params({"timestamp": stamp, "sign": base64.b64encode(digest).decode()})


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _robot(address: str, letter: Letter, settings: Settings) -> None:
    text = f"{letter.title}\n{letter.body}".encode()[:CHAT_BYTES_MAX].decode(errors="ignore")
    answer = post(address, _json({"msgtype": "text", "text": {"content": text}}), {}, settings)
    try:
        code = json.loads(answer)["errcode"]
    except (ValueError, KeyError, TypeError) as error:
        raise NotDeliveredError("The robot's answer makes no sense.") from error
    if code in _TOO_OFTEN:
        raise NotDeliveredError("The robot got too many messages in a minute.", retry_after=timedelta(minutes=2))
    if code != 0:
        raise NotDeliveredError("The robot refused it with code {code}.", is_final=code in _ROBOT_GONE, code=str(code))


def post(address: str, body: bytes, headers: Mapping[str, str], settings: Settings) -> bytes:
    """POST to an address whose host is looked up and checked first; returns the answer's body.

    The connection goes to the very IP address that was checked: a name that changes between the check and the
    connection (DNS rebinding) leads nowhere. Redirects are not followed, and proxies of the environment not used.
    """
    url = httpx.URL(address)
    ip = _checked_ip(url, private=settings.notify_private_targets)
    context = ssl.create_default_context()
    try:
        with (
            httpx.Client(verify=context, timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "POST",
                url.copy_with(host=ip),
                content=body,
                headers={**headers, "host": url.netloc.decode(), "content-type": "application/json"},
                extensions={"sni_hostname": url.host},
            ) as answer,
        ):
            read = _read(answer)
    except httpx.TimeoutException as error:
        raise NotDeliveredError("The receiver did not answer in time.") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotDeliveredError("The receiver could not be reached.") from error
    if answer.is_success:
        return read
    is_final = answer.status_code == httpx.codes.GONE
    message = "The receiver answered with HTTP {status}."
    raise NotDeliveredError(message, is_final=is_final, retry_after=_asked(answer), status=answer.status_code)


def _read(answer: httpx.Response) -> bytes:
    until, read = time.monotonic() + ANSWER_SECONDS_MAX, b""
    for part in answer.iter_raw():
        read += part
        if len(read) > ANSWER_BYTES_MAX or time.monotonic() > until:
            break
    return read[:ANSWER_BYTES_MAX]


def _asked(answer: httpx.Response) -> timedelta | None:
    text = answer.headers.get("retry-after", "")
    return timedelta(seconds=int(text)) if text.isascii() and text.isdigit() and len(text) < 8 else None


def _checked_ip(url: httpx.URL, *, private: bool) -> str:
    try:
        found = socket.getaddrinfo(
            url.host, url.port or (443 if url.scheme == "https" else 80), type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError) as error:
        raise NotDeliveredError("The receiver's name is not known.") from error
    addresses = [str(one[4][0]) for one in found]
    if not private and (url.scheme != "https" or not all(map(is_public_address, addresses))):
        raise NotDeliveredError("The receiver is inside the own network, which is not allowed.", is_final=True)
    return addresses[0]


def _mail(letter: Letter, settings: Settings, now: datetime) -> None:
    if settings.smtp_host is None or settings.smtp_sender is None:
        raise NotDeliveredError("E-mail is not set up in this installation.")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = settings.smtp_sender, letter.target, letter.title
    mail["Date"], mail["Content-Language"] = format_datetime(now), letter.language
    mail["Message-ID"] = f"<{letter.message_id}@{settings.smtp_sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.body)
    context = ssl.create_default_context()
    try:
        with _connected(settings, context) as server:
            if settings.smtp_security == "starttls":
                server.starttls(context=context)
            if settings.smtp_user is not None and settings.smtp_password is not None:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise NotDeliveredError("The mail server does not take this address.", is_final=min(codes) >= 500) from error
    except smtplib.SMTPException as error:
        raise NotDeliveredError("The mail server refused it.") from error
    except OSError as error:
        raise NotDeliveredError("The mail server could not be reached.") from error


def _connected(settings: Settings, context: ssl.SSLContext) -> smtplib.SMTP:
    host = settings.smtp_host or ""
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(host, settings.smtp_port, timeout=TIMEOUT_SECONDS, context=context)
    return smtplib.SMTP(host, settings.smtp_port, timeout=TIMEOUT_SECONDS)
