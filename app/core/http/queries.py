"""Query parameters that an address does not know are refused: a misspelt filter would silently list everything."""

from collections.abc import Iterator
from difflib import get_close_matches

from fastapi import Request
from fastapi.dependencies.models import Dependant

from app.core.errors import Fault, InvalidInputError

_NAME_LETTERS_SHOWN = 60


def _known(dependant: Dependant) -> Iterator[str]:
    for field in dependant.query_params:
        yield field.alias
    for part in dependant.dependencies:
        yield from _known(part)


def _fault(name: str, known: list[str]) -> Fault:
    shown = name[:_NAME_LETTERS_SHOWN]
    near = get_close_matches(shown, known, n=1)
    if near:
        message = "There is no filter “{name}” here; did you mean “{near}”?"
        return Fault("query_unknown", message, shown, {"name": shown, "near": near[0]})
    return Fault("query_unknown", "There is no filter “{name}” here.", shown, {"name": shown})


async def refuse_unknown_query(request: Request) -> None:
    """Raise `InvalidInputError` that names every query parameter which the route does not declare."""
    if request.query_params:
        known = sorted(set(_known(request.scope["route"].dependant)))
        InvalidInputError.raise_if([_fault(name, known) for name in request.query_params if name not in known])
