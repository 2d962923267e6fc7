"""The acting person or machine of a request.

This is the seam for log-in: everything that writes takes an `Actor` and never asks who it is in another way.
Until there are accounts, whoever reaches the service acts as its single operator, so it must only listen where
its operators are.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who does something; `name` is what records and documents show."""

    name: str


OPERATOR = Actor(name="operator")
SYSTEM = Actor(name="system")


def _current_actor() -> Actor:
    return OPERATOR


CurrentActor = Annotated[Actor, Depends(_current_actor)]
