"""The names of what goes stay as other names of what stays, so that sheets still find it."""

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.catalog.models import ItemAlias
from app.catalog.rules import alias_faults, fold_name
from app.facilities.models import FacilityAlias
from app.merging.types import Moved, MovedKind

Alias = TypeVar("Alias", ItemAlias, FacilityAlias)


class _Named(Protocol):
    @property
    def code(self) -> str: ...
    @property
    def name_zh(self) -> str: ...
    @property
    def name_en(self) -> str: ...


def add_old_names(
    session: Session,
    table: type[Alias],
    column: InstrumentedAttribute[str],
    gone: _Named,
    kept: _Named,
    owner: Mapping[str, Any],
) -> Moved:
    """Enter code and names of what goes as aliases, but for those that mean something already."""
    own = {fold_name(name) for name in (kept.code, kept.name_zh, kept.name_en)}
    wanted = dict.fromkeys(fold_name(name) for name in (gone.name_zh, gone.name_en, gone.code))
    taken = set(session.scalars(select(column).where(column.in_(list(wanted)))))
    names = [name for name in wanted if name not in own | taken and not alias_faults(name)]
    session.add_all(table(alias=name, **owner) for name in names)
    return Moved(what=MovedKind.NEW_ALIASES, keys=tuple(names))
