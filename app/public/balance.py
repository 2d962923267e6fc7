"""The published balance for everybody: the newest version, with all versions of its day, as JSON and CSV."""

import csv
import io

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFoundError
from app.disclosure.models import Disclosure
from app.disclosure.service import disclosure_view, newest_disclosure
from app.public.schemas import PublicBalance, PublicVersion

_COLUMNS = (
    "as_of", "version", "published_at", "item", "item_name_zh", "item_name_en", "unit", "channel", "received", "issued",
    "in_transit", "on_hand", "lost", "returned",
)  # fmt: skip


def newest(session: Session) -> Disclosure:
    """The version that people should look at; raises `NotFoundError` where nothing has been published."""
    disclosure = newest_disclosure(session)
    if disclosure is None:
        raise NotFoundError.of("Nothing has been published yet.")
    return disclosure


def balance_view(session: Session, disclosure: Disclosure) -> PublicBalance:
    """A version with the others of its day."""
    query = select(Disclosure).where(Disclosure.as_of == disclosure.as_of).order_by(Disclosure.version.desc())
    view = disclosure_view(disclosure)
    return PublicBalance(
        as_of=view.as_of,
        code=view.code,
        version=view.version,
        reason=view.reason,
        published_at=view.published_at,
        lines=view.lines,
        issues=view.issues,
        versions=[PublicVersion.of(one) for one in session.scalars(query)],
    )


def balance_csv(view: PublicBalance) -> str:
    """The lines of the balance, one a row, with a byte order mark for Excel."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    head = view.model_dump(mode="json", include={"as_of", "version", "published_at"})
    for line in view.lines:
        row = head | line.model_dump(mode="json")
        writer.writerow([_plain(row[name]) for name in _COLUMNS])
    return "\ufeff" + text.getvalue()


def _plain(value: object) -> object:
    """A text that spreadsheets would take for a formula, with an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t")) else value
