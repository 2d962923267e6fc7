"""The API of the catalogue: items and kinds of facility here; how they relate in `relations_api`."""

from app.auth import Right, Write, needs
from app.catalog import aliases, relations_api, service
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
from app.core.http.payloads import (
    Code,
    Label,
    Name,
    Page,
    PageCursor,
    Reader,
    SearchText,
    problem_answers,
    show_page,
)
from app.core.http.routing import ServiceRouter

router = ServiceRouter(tags=["catalogue"])


@router.get("/items", summary="List items", responses=problem_answers(), dependencies=[needs(Right.CATALOG_READ)])
def list_items(
    session: Reader,
    cursor: PageCursor,
    program: Program | None = None,
    grade: Label | None = None,
    active: bool | None = None,
    q: SearchText | None = None,
) -> Page[ItemView]:
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
def create_item(new: NewItem, work: Write) -> ItemView:
    """A thing that can be asked for; a grade of a thing is an item of its own."""
    return ItemView.of(service.create_item(work, new))


@router.get(
    "/items/{code}", summary="Show an item", responses=problem_answers(404), dependencies=[needs(Right.CATALOG_READ)]
)
def show_item(code: Code, session: Reader) -> ItemView:
    """One item."""
    return ItemView.of(service.item_by_code(session, code))


@router.patch(
    "/items/{code}", summary="Change an item", responses=problem_answers(404), dependencies=[needs(Right.CATALOG_WRITE)]
)
def change_item(code: Code, change: ItemChange, work: Write) -> ItemView:
    """Only the fields named are changed; code, program and base unit stay, since quantities were written in them."""
    return ItemView.of(service.change_item(work, code, change))


@router.get(
    "/item-aliases",
    summary="List the outside names of items",
    responses=problem_answers(),
    dependencies=[needs(Right.CATALOG_READ)],
)
def list_aliases(
    session: Reader, cursor: PageCursor, item: Code | None = None, q: SearchText | None = None
) -> Page[AliasView]:
    """Names by which people outside call items: half-width, without case and spaces."""
    return show_page(session, aliases.select_aliases(item=item, q=q), ItemAlias.id, cursor, AliasView)


@router.post(
    "/item-aliases",
    status_code=201,
    summary="Enter an outside name",
    responses=problem_answers(409),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def add_alias(new: NewAlias, work: Write) -> AliasView:
    """From now on the name means the item, however it is spaced or typed."""
    return AliasView.of(aliases.add_alias(work, new))


@router.post(
    "/item-aliases/resolve",
    summary="Read free-text item names",
    responses=problem_answers(),
    dependencies=[needs(Right.CATALOG_READ)],
)
def resolve_names(asked: NamesToResolve, session: Reader) -> NameResolution:
    """What the names mean, alternatives separated by | or / among them, and which of them mean nothing yet."""
    return aliases.read_names(session, asked.names)


@router.delete(
    "/item-aliases/{alias:path}",
    status_code=204,
    summary="Remove an outside name",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def delete_alias(alias: Name, work: Write) -> None:
    """From now on the name means nothing."""
    aliases.delete_alias(work, alias)


@router.get(
    "/facility-types",
    summary="List kinds of facility",
    responses=problem_answers(),
    dependencies=[needs(Right.CATALOG_READ)],
)
def list_facility_types(session: Reader, cursor: PageCursor, keeps_stock: bool | None = None) -> Page[FacilityTypeView]:
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
def create_facility_type(new: NewFacilityType, work: Write) -> FacilityTypeView:
    """A kind of facility; one that keeps stock is a kind of warehouse."""
    return FacilityTypeView.of(service.create_facility_type(work, new))


@router.get(
    "/facility-types/{code}",
    summary="Show a kind of facility",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_READ)],
)
def show_facility_type(code: Code, session: Reader) -> FacilityTypeView:
    """One kind of facility."""
    return FacilityTypeView.of(service.facility_type_by_code(session, code))


@router.patch(
    "/facility-types/{code}",
    summary="Rename a kind of facility",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def change_facility_type(code: Code, change: FacilityTypeChange, work: Write) -> FacilityTypeView:
    """Only its names can change."""
    return FacilityTypeView.of(service.change_facility_type(work, code, change))


router.include_router(relations_api.router)
