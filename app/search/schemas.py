"""What a search answers."""

from pydantic import Field

from app.core.http.payloads import View
from app.search.types import FoundKind


class FoundView(View):
    """One thing that was found."""

    kind: FoundKind
    code: str
    name_zh: str = Field(description="Its name, else that of the place, item or partner that it concerns.")
    name_en: str
    state: str | None
    address: str = Field(description="The page that shows it to the caller.")


class SearchView(View):
    """What was found: by kind, and within a kind exact codes first, then the newest."""

    found: list[FoundView]
    more: list[FoundKind] = Field(description="Kinds of which more was found than is shown: search for more letters.")
    nearest: bool = Field(description="True: nothing has this text; these are the nearest names, also by pinyin.")
