"""The API of the units in which people count items."""

from fastapi import APIRouter

from app.auth import Right, Write, needs
from app.catalog import item_units
from app.catalog.models import Item
from app.catalog.schemas import ItemUnits, ItemUnitsView, ItemUnitView
from app.catalog.service import item_by_code
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfMatch, IfNoneMatch, tagged

router = APIRouter()


def _view(item: Item) -> ItemUnitsView:
    units = [ItemUnitView.of(one) for one in item_units.units_of(item)]
    return ItemUnitsView(item=item.code, base_unit=item.base_unit, units=units)


@router.get(
    "/items/{code}/units",
    summary="List the units of an item",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_READ)],
)
def list_units(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[ItemUnitsView]:
    """Boxes, cartons and the like besides the base unit; weights need no entry. The ETag is the item's."""
    return known.answer(item_by_code(session, code), _view)


@router.put(
    "/items/{code}/units",
    summary="Say in which units people count an item",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def set_units(code: Code, given: ItemUnits, work: Write, if_match: IfMatch) -> Rendered[ItemUnitsView]:
    """All of them, in the place of those that were there; quantities that were read with the old ones stay."""
    return tagged(item_units.set_units(work, code, given, if_match), _view)
