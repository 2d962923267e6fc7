"""Keeps a form that was sent after its session had ended through the log-in, and shows it again with the values typed.

The fields travel in the log-in page and back; nothing is stored. Files are not kept: a browser lets nobody fill those
in but the person.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request
from starlette.exceptions import HTTPException

from app.web.kit.forms import CONFIRMED_BY, FIELDS_MAX, RESUMED

HOME = "/"
KEPT_FORM_LENGTH_MAX = 1_000_000
_NOT_KEPT = frozenset({"form_key", CONFIRMED_BY, RESUMED, "password", "current_password", "new_password"})

# A path of this service and nothing else: "//host" and "/\\host" would lead away.
_OWN_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\\]{0,1000}")


def own_path(wanted: str) -> str:
    """The address asked for where it is one of this service, else the first page."""
    return wanted if _OWN_PATH.fullmatch(wanted) else HOME


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptForm:
    """Where a form was sent, and its fields in their order."""

    address: str
    fields: Sequence[tuple[str, str]]

    @property
    def text(self) -> str:
        """For a hidden field of the log-in page; `read_kept` reads it."""
        return json.dumps([self.address, *map(list, self.fields)], ensure_ascii=False)


async def keep_form(request: Request) -> KeptForm | None:
    """The form of a request without a session; None where there is none.

    What another site sends never gets here: see `app.auth.deps.refuse_cross_site`.
    """
    if request.method != "POST" or request.url.path in ("/logout", "/login"):
        return None
    try:
        form = await request.form(max_fields=FIELDS_MAX)
    except HTTPException:
        return None  # not a form, or broken: there is nothing to keep
    texts = [(name, value) for name, value in form.multi_items() if isinstance(value, str) and name not in _NOT_KEPT]
    if not texts or sum(len(name) + len(value) for name, value in texts) > KEPT_FORM_LENGTH_MAX // 8:
        return None
    address = own_path(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
    return KeptForm(address=address, fields=texts)


def read_kept(text: str) -> KeptForm | None:
    """The form in a hidden field of the log-in page; None where there is none."""
    if not text:
        return None
    try:
        address, *fields = json.loads(text)
        pairs = [(str(name), str(value)) for name, value in fields]
    except (ValueError, TypeError):
        return None
    is_known = isinstance(address, str) and own_path(address) == address and address != HOME
    return KeptForm(address=address, fields=pairs) if is_known else None
