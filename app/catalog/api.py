"""The API of the catalogue: items and kinds of facility here; how they relate in `relations_api`."""

from fastapi import APIRouter

from app.auth import Right, Write, needs
from app.catalog import aliases, relations_api, service, units_api
from app.catalog.models import FacilityType, Item, ItemAlias
from app.catalog.schemas import (
    AliasView,
    FacilityTypeChange,
    FacilityTypeView,
    ItemChange,
    ItemView,
    NameResolution,
    NamesToResolve,
    NewAlias,
    NewFacilityType,
    NewItem,
)
from app.catalog.types import Program
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Code, Label, Name, SearchText
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfMatch, IfNoneMatch, tagged

router = APIRouter(tags=["catalogue"])


@router.get("/items", summary="List items", responses=problem_answers(), dependencies=[needs(Right.CATALOG_READ)])
def list_items(
    session: Reader,
    cursor: PageCursor,
    program: Program | None = None,
    grade: Label | None = None,
    active: bool | None = None,
    q: SearchText | None = None,
) -> Rendered[Page[ItemView]]:
    """The items of the catalogue, in the order in which they were entered."""
    query = service.select_items(program=program, grade=grade, active=active, q=q)
    return show_page(session, query, Item.id, cursor, ItemView)


@router.post(
    "/items",
    status_code=201,
    summary="Enter an item",
    responses=problem_answers(409),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def create_item(new: NewItem, work: Write, once: Once) -> Rendered[ItemView]:
    """A thing that can be asked for; a grade of a thing is an item of its own."""
    return once(work, lambda: tagged(service.create_item(work, new), ItemView.of))


@router.get(
    "/items/{code}", summary="Show an item", responses=problem_answers(404), dependencies=[needs(Right.CATALOG_READ)]
)
def show_item(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[ItemView]:
    """One item."""
    return known.answer(service.item_by_code(session, code), ItemView.of)


@router.patch(
    "/items/{code}", summary="Change an item", responses=problem_answers(404), dependencies=[needs(Right.CATALOG_WRITE)]
)
def change_item(code: Code, change: ItemChange, work: Write, if_match: IfMatch) -> Rendered[ItemView]:
    """Only the fields named are changed; code, program and base unit stay, since quantities were written in them."""
    return tagged(service.change_item(work, code, change, if_match), ItemView.of)


@router.get(
    "/item-aliases",
    summary="List the outside names of items",
    responses=problem_answers(),
    dependencies=[needs(Right.CATALOG_READ)],
)
def list_aliases(
    session: Reader, cursor: PageCursor, item: Code | None = None, q: SearchText | None = None
) -> Rendered[Page[AliasView]]:
    """Names by which people outside call items: half-width, without case and spaces."""
    return show_page(session, aliases.select_aliases(item=item, q=q), ItemAlias.id, cursor, AliasView)


@router.post(
    "/item-aliases",
    status_code=201,
    summary="Enter an outside name",
    responses=problem_answers(409),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def add_alias(new: NewAlias, work: Write, once: Once) -> Rendered[AliasView]:
    """From now on the name means the item, however it is spaced or typed."""
    return once(work, lambda: tagged(aliases.add_alias(work, new), AliasView.of))


@router.post(
    "/item-aliases/resolve",
    summary="Read free-text item names",
    responses=problem_answers(),
    dependencies=[needs(Right.CATALOG_READ)],
)
def resolve_names(asked: NamesToResolve, session: Reader) -> Rendered[NameResolution]:
    """What the names mean, alternatives separated by | or / among them, and which of them mean nothing yet."""
    return Rendered(aliases.read_names(session, asked.names))


@router.get(
    "/item-aliases/{alias:path}",
    summary="Show an outside name",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_READ)],
)
def show_alias(alias: Name, session: Reader, known: IfNoneMatch) -> Rendered[AliasView]:
    """Which item it means."""
    return known.answer(aliases.alias_by_name(session, alias), AliasView.of)


@router.delete(
    "/item-aliases/{alias:path}",
    status_code=204,
    summary="Remove an outside name",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def delete_alias(alias: Name, work: Write, if_match: IfMatch) -> None:
    """From now on the name means nothing."""
    aliases.delete_alias(work, alias, if_match)


@router.get(
    "/facility-types",
    summary="List kinds of facility",
    responses=problem_answers(),
    dependencies=[needs(Right.CATALOG_READ)],
)
def list_facility_types(
    session: Reader, cursor: PageCursor, keeps_stock: bool | None = None
) -> Rendered[Page[FacilityTypeView]]:
    """Kinds of facility; the policy gives tiers to kinds."""
    query = service.select_facility_types(keeps_stock=keeps_stock)
    return show_page(session, query, FacilityType.id, cursor, FacilityTypeView)


@router.post(
    "/facility-types",
    status_code=201,
    summary="Enter a kind of facility",
    responses=problem_answers(409),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def create_facility_type(new: NewFacilityType, work: Write, once: Once) -> Rendered[FacilityTypeView]:
    """A kind of facility; one that keeps stock is a kind of warehouse."""
    return once(work, lambda: tagged(service.create_facility_type(work, new), FacilityTypeView.of))


@router.get(
    "/facility-types/{code}",
    summary="Show a kind of facility",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_READ)],
)
def show_facility_type(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[FacilityTypeView]:
    """One kind of facility."""
    return known.answer(service.facility_type_by_code(session, code), FacilityTypeView.of)


@router.patch(
    "/facility-types/{code}",
    summary="Rename a kind of facility",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def change_facility_type(
    code: Code, change: FacilityTypeChange, work: Write, if_match: IfMatch
) -> Rendered[FacilityTypeView]:
    """Only its names can change."""
    return tagged(service.change_facility_type(work, code, change, if_match), FacilityTypeView.of)


router.include_router(units_api.router)
router.include_router(relations_api.router)
