"""Who acts: name, rights, and the facilities or warehouses that the rights reach.

This is the one place where reach is decided. A right says *what* somebody may do, the reach says *where*:

- `facilities`: a facility's people see and write only what belongs to these. Lists are narrowed to them, and the
  documents of others answer 404, as if they did not exist.
- `warehouses`: a warehouse's people write only what lies in these; they read the stock of all, because goods come
  from and go to the others.

None means everywhere. Queries and services take the actor and ask it; a route never compares codes itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.core.errors import Fault, ForbiddenError
from app.core.rights import BOUND_ROLES, ROLE_RIGHTS, Right, Role


class ActorKind(StrEnum):
    """A person with an account, a machine with an API key, or the service itself on its command line."""

    PERSON = "person"
    MACHINE = "machine"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who does something; `name` is unique and is what records and documents show. Nobody has a right by default."""

    name: str
    title: str = ""
    """The name as people say it; only for showing."""
    kind: ActorKind
    role: Role | None = None
    rights: frozenset[Right]
    facilities: frozenset[str] | None = None
    warehouses: frozenset[str] | None = None
    must_change_password: bool = False
    must_set_second_factor: bool = False

    @property
    def must_see_to_account(self) -> bool:
        """Can it do nothing yet but set a password or a second factor of its own?"""
        return self.must_change_password or self.must_set_second_factor

    @classmethod
    def system(
        cls,
        name: str,
        rights: Iterable[Right],
        *,
        facilities: frozenset[str] | None = None,
        warehouses: frozenset[str] | None = None,
    ) -> "Actor":
        """The service itself under this name, with the rights given: commands, the worker, the sample; no request."""
        return cls(
            name=name,
            kind=ActorKind.SYSTEM,
            rights=frozenset(rights),
            facilities=facilities,
            warehouses=warehouses,
        )

    def may(self, right: Right | str) -> bool:
        """Has it this right, somewhere? Templates give the right's name; raises `ValueError` where there is none."""
        return Right(right) in self.rights

    def has_facility(self, code: str) -> bool:
        """Does its reach include this facility?"""
        return self.facilities is None or code in self.facilities

    def has_warehouse(self, code: str) -> bool:
        """Does its reach include this warehouse?"""
        return self.warehouses is None or code in self.warehouses

    def refuse_foreign_facility(self, code: str, *, where: str = "facility") -> None:
        """Raise `ForbiddenError` when a payload names a facility beyond the reach."""
        if not self.has_facility(code):
            message = "Facility “{key}” is not one of yours."
            raise ForbiddenError(Fault("outside_reach", message, where, {"key": code}))

    def refuse_foreign_warehouses(self, named: list[tuple[str, str]]) -> None:
        """Raise `ForbiddenError` when a payload names warehouses beyond the reach: pairs of path and code."""
        message = "Warehouse “{key}” is not one of yours."
        ForbiddenError.raise_if(
            [
                Fault("outside_reach", message, where, {"key": code})
                for where, code in named
                if not self.has_warehouse(code)
            ]
        )


def acting_as(
    role: Role,
    *,
    name: str,
    title: str,
    kind: ActorKind,
    places: frozenset[str],
    rights: frozenset[Right],
    must_change_password: bool = False,
    must_set_second_factor: bool = False,
) -> Actor:
    """An actor in a role: never more rights than the role has, and only at its places where the role is bound."""
    assert role in BOUND_ROLES or not places, "only bound roles have places"
    return Actor(
        name=name,
        title=title,
        kind=kind,
        role=role,
        rights=rights & ROLE_RIGHTS[role],
        facilities=places if role is Role.FACILITY else None,
        warehouses=places if role is Role.WAREHOUSE else None,
        must_change_password=must_change_password,
        must_set_second_factor=must_set_second_factor,
    )
