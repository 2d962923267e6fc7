"""Addresses of the lists and forms of the city's rows."""

from urllib.parse import urlencode

from app.interop.city.present import CityRow
from app.interop.city.sheet_kind import SheetKind


def list_address(kind: SheetKind) -> str:
    """The list of a kind."""
    return f"/city-setup/sheets/{kind.name}"


def entry_address(kind: SheetKind, row: CityRow) -> str:
    """The form of a row."""
    return f"{list_address(kind)}/entry?{urlencode([('key', str(row[name])) for name in kind.key])}"
