"""Units in which people count items: boxes and cartons, and how much each of them is."""

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.catalog.item_units import all_units, set_units, units_of
from app.catalog.models import Item
from app.catalog.schemas import ItemUnits
from app.catalog.service import item_by_code, select_items
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.i18n import name_of, number_text
from app.core.work import Work
from app.web.kit.columns import Column, Kind
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, FormReader, Typed, rows_of, whole_payload
from app.web.kit.tables import Filter, Listing

router = APIRouter(include_in_schema=False)

BLANK_ROWS = 2


@router.get("/item-units", dependencies=[needs(Right.CATALOG_READ)])
def show_items(page: Page, session: Reader) -> Response:
    """All items with their units."""
    words, units = page.words, all_units(session)

    def told(item: Item) -> str:
        base = words(f"unit.{item.base_unit.value}")
        return words("; ").join(
            f"1 {name_of(one, page.language)} = {number_text(one.base_units, page.language)} {base}"
            for one in units.get(item.code, ())
        )

    columns: list[Column[Item]] = [
        Column(
            key="name",
            title="Item",
            value=lambda row: row,
            kind=Kind.NAME,
            order=Item.name_zh if page.language == "zh-CN" else Item.name_en,
            link=lambda row: f"/item-units/{row.code}",
        ),
        Column(
            key="base_unit",
            title="Counted in",
            value=lambda row: f"unit.{row.base_unit.value}",
            kind=Kind.WORD,
            order=Item.base_unit,
        ),
        Column(key="units", title="Other units", value=told),
    ]
    filters = [
        Filter(key="q", title="Search", narrow=lambda rows, text: rows.where(select_items(q=text).whereclause)),
    ]
    listing = Listing(
        file_name="Units of items",
        rows=select_items(active=True),
        columns=columns,
        filters=filters,
        key=Item.id,
        empty="No item yet.",
    )
    return page.render_list(session, listing, "catalog/item_units.html")


@router.get("/item-units/{code}", dependencies=[needs(Right.CATALOG_READ)])
def show_units(code: Code, page: Page, session: Reader) -> Response:
    """The units of one item."""
    return _page(page, session, code, None)


def _page(page: PageContext, session: Session, code: str, form: Form | None) -> Response:
    item = item_by_code(session, code)
    rows = [{"name_zh": one.name_zh, "name_en": one.name_en, "base_units": one.base_units} for one in units_of(item)]
    shown = form or Form(values={"units": rows})
    count = len(shown.rows("units", at_least=0)) + BLANK_ROWS
    return page.render("catalog/item_units_entry.html", form=shown, item=item, positions=range(count))


@router.post("/item-units/{code}", dependencies=[needs(Right.CATALOG_WRITE)])
def change_units(code: Code, sent: SentForm) -> Response:
    """All units of the item as they stand in the form."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        given = whole_payload(FormReader(work.session), ItemUnits, {"units": rows_of(typed, "units")})
        set_units(work, code, given)
        return "/item-units"

    return sent.run(act, lambda session, form: _page(page, session, code, form))
