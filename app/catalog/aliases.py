"""Item aliases: other names of items, a table that operators extend, and matching of free-text names."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.catalog.models import Item, ItemAlias
from app.catalog.rules import alias_faults, fold_name, name_table, resolve_names
from app.catalog.schemas import AliasView, NameResolution, NewAlias, ResolvedName
from app.catalog.service import items_by_code
from app.core.errors import InvalidInputError
from app.core.records import add_row, lock_one_row, one_row, taken
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work


def select_aliases(*, item: str | None = None, q: str | None = None) -> Select[ItemAlias]:
    """The aliases of an item, and those that contain a text, as far as given."""
    query = select(ItemAlias)
    if item is not None:
        query = query.where(ItemAlias.item.has(Item.code == item))
    if q is not None:
        query = query.where(ItemAlias.alias.contains(fold_name(q), autoescape=True))
    return query


def alias_by_name(session: Session, alias: str) -> ItemAlias:
    """The row of an outside name, however it is spaced or typed; raises `NotFoundError`."""
    return one_row(session, select(ItemAlias).where(ItemAlias.alias == fold_name(alias)), "alias", alias)


def lock_alias(session: Session, alias: str) -> ItemAlias:
    """As `alias_by_name`, with the row locked until the transaction ends; raises `NotFoundError`."""
    query = select(ItemAlias).where(ItemAlias.alias == fold_name(alias))
    return lock_one_row(session, ItemAlias, query, "alias", alias)


def add_alias(work: Work, new: NewAlias) -> ItemAlias:
    """Let an outside name mean an item; all faults at once, `ConflictError` when it means one already."""
    alias = fold_name(new.alias)
    faults = alias_faults(alias)
    items = items_by_code(work.session, [new.item], faults=faults)
    InvalidInputError.raise_if(faults)
    row = ItemAlias(alias=alias, item=items[new.item])
    add_row(work.session, row, taken("alias", alias, where="alias"))
    work.record("ITEM_ALIAS_CREATED", "item_alias", alias, after=AliasView.snapshot(row))
    return row


def delete_alias(work: Work, alias: str, if_match: Precondition = ANY_VERSION) -> None:
    """Let a name mean nothing again; raises `NotFoundError`."""
    row = if_match.check(lock_alias(work.session, alias))
    before = AliasView.snapshot(row)
    work.session.delete(row)
    work.record("ITEM_ALIAS_DELETED", "item_alias", row.alias, before=before)


def known_names(session: Session) -> dict[str, str]:
    """The code of the active item that each folded name means: aliases before the items' own names and codes."""
    items = session.execute(
        select(Item.code, Item.name_zh, Item.name_en).where(Item.active.is_(True)).order_by(Item.id)
    ).all()
    aliases = session.execute(
        select(ItemAlias.alias, Item.code).join(Item, ItemAlias.item_id == Item.id).where(Item.active.is_(True))
    ).all()
    return name_table(aliases, ((name, row.code) for row in items for name in row))


def read_names(session: Session, names: list[str]) -> NameResolution:
    """What free-text names mean, and those that mean nothing yet."""
    resolved, unmapped = resolve_names(names, known_names(session))
    return NameResolution(resolved=[ResolvedName.model_validate(one) for one in resolved], unmapped=list(unmapped))
