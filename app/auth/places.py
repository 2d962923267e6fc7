"""Checks the places that accounts and keys are bound to.

Facilities are a domain above this one: whoever calls gives the function that looks them up.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Protocol

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from app.core.errors import Fault, missing
from app.core.rights import Role


class PlaceDirectory(Protocol):
    """Looks up the places with these codes: by code, whether it keeps stock. Unknown codes are left out."""

    def __call__(self, session: Session, codes: Sequence[str], /) -> Mapping[str, bool]: ...


async def _directory(request: Request) -> PlaceDirectory:
    directory: PlaceDirectory = request.app.state.place_directory
    return directory


Places = Annotated[PlaceDirectory, Depends(_directory)]
"""For a route: the directory that the application was equipped with (`app.main.equip`)."""


def place_faults(keeps_stock: Mapping[str, bool], role: Role, codes: Sequence[str]) -> list[Fault]:
    """A fault for every code named twice or unknown, and for a warehouse role every facility that keeps no stock."""
    what = "warehouse" if role is Role.WAREHOUSE else "facility"
    faults = []
    for n, code in enumerate(codes):
        where = f"places.{n}"
        if code in codes[:n]:
            faults.append(Fault("repeated", "“{key}” is named twice.", where, {"key": code}))
        elif code not in keeps_stock or (role is Role.WAREHOUSE and not keeps_stock[code]):
            faults.append(missing(what, code, where=where))
    return faults
