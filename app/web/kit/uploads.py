"""Files that are uploaded: checked first, carried along in the preview, and entered when the person says so."""

import base64
import binascii
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from app.interop.sheets.files import UPLOAD_BYTES_MAX
from app.web.kit.forms import FIELDS_MAX

CARRIED_BYTES_MAX = 4 << 20
"""A file that is carried along in a hidden field, in letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """The upload: the file, chosen now or carried along from the preview, and whether it shall be entered."""

    content: bytes
    name: str
    enters: bool
    form_key: str

    @property
    def carried(self) -> str:
        """The file as letters, for the hidden field of the preview."""
        return base64.b64encode(self.content).decode("ascii")


async def _sent(request: Request) -> SentFile:
    async with request.form(max_fields=FIELDS_MAX, max_part_size=CARRIED_BYTES_MAX) as form:
        texts = {name: value for name, value in form.multi_items() if isinstance(value, str)}
        file = form.get("file")
        chosen = isinstance(file, UploadFile) and bool(file.filename)
        content = await file.read(UPLOAD_BYTES_MAX + 1) if isinstance(file, UploadFile) else b""
        name = (file.filename or "") if isinstance(file, UploadFile) else texts.get("name", "")
    if not chosen:
        try:
            content, name = base64.b64decode(texts.get("carried", ""), validate=True), texts.get("name", "")
        except binascii.Error:
            content = b""
    enters = not chosen and texts.get("enter") == "yes"
    return SentFile(content=content, name=name, enters=enters, form_key=texts.get("form_key", ""))


Upload = Annotated[SentFile, Depends(_sent)]
"""For a route that takes a file, chosen now or carried along."""
