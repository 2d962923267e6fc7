"""Opening stock in the city workbook: lots that are there when the city begins; what is there already is kept."""

from collections import Counter

from pydantic import ValidationError
from sqlalchemy import select

from app.catalog.models import Item
from app.core.errors import Fault, InvalidInputError, ServiceError
from app.core.http.payloads import Code, PositiveUnits, Reason
from app.core.http.problem_details import shape_fault
from app.core.work import Work
from app.facilities.service import warehouse_by_code
from app.interop.city.kinds_supply import STOCK
from app.interop.city.outcome import SheetOutcome, ToldRow
from app.interop.city.present import City
from app.interop.city.understanding import Understanding, UnderstoodRow
from app.stock.models import Lot
from app.stock.schemas import NewLot
from app.stock.service import block_lot, receive, register_lot

REFERENCE_KIND = "opening"
CODE_PART_MAX = 40


class OpeningLot(NewLot):
    """A lot with what a warehouse holds of it."""

    warehouse: Code
    quantity: PositiveUnits
    blocked_reason: Reason | None = None


def load_stock(work: Work, rows: Understanding, there: City) -> SheetOutcome:
    """Register the lots that are not known yet and receive them; lots that are known are counted, not loaded."""
    outcome = SheetOutcome(kind=STOCK.name, title=STOCK.title)
    known = {
        tuple(pair) for pair in work.session.execute(select(Item.code, Lot.code).join(Lot, Lot.item_id == Item.id))
    }
    held = {(row["warehouse"], row["item"], row["code"]): row["quantity"] for row in there[STOCK.name]}
    made: dict[tuple[str, str], Lot] = {}
    given: Counter[tuple[str, str, str]] = Counter()
    understood = rows.rows_of(STOCK)
    for row in understood:
        _make_code(row, given)
        key = (row.values["item"], row.values["code"])
        if key in known:
            same = held.get((row.values["warehouse"], *key)) == row.values["quantity"]
            outcome.unchanged += same
            outcome.kept += not same
        elif not work.actor.may(STOCK.writes):
            outcome.left, outcome.right = outcome.left + 1, STOCK.writes
        else:
            rows.faults += _enter(work, row, made, outcome)
    named = {(row.values["warehouse"], row.values["item"], row.values["code"]) for row in understood}
    outcome.not_named = len(held.keys() - named)
    _block(work, understood, made)
    return outcome


def _make_code(row: UnderstoodRow, given: Counter[tuple[str, str, str]]) -> None:
    """A code that is the same whenever the same sheet is loaded: by warehouse and last day of use."""
    if row.values.get("code"):
        return
    values = row.values
    day = str(values.get("expiry_date") or "none").replace("-", "")
    given[values["warehouse"], values["item"], day] += 1
    number = given[values["warehouse"], values["item"], day]
    code = f"opening-{values['warehouse'][:CODE_PART_MAX]}-{day}"
    values["code"] = code if number == 1 else f"{code}-{number}"


def _enter(work: Work, row: UnderstoodRow, made: dict[tuple[str, str], Lot], outcome: SheetOutcome) -> list[Fault]:
    try:
        new = OpeningLot.model_validate(row.values)
        work.actor.refuse_foreign_warehouses([("warehouse", new.warehouse)])
        warehouse = warehouse_by_code(work.session, new.warehouse)
        lot = made.get((new.item, new.code))
        if lot is None:
            shared = new.model_dump(exclude={"warehouse", "quantity", "blocked_reason"})
            lot = register_lot(work, NewLot.model_validate(shared))
            InvalidInputError.raise_if(_expiry_faults(lot))
            made[new.item, new.code] = lot
        receive(
            work,
            lot=lot,
            warehouse=warehouse,
            quantity=new.quantity,
            occurred_on=work.today,
            reference_kind=REFERENCE_KIND,
            reference_key=new.warehouse,
        )
    except ValidationError as error:
        return [row.fault(shape_fault(one)) for one in error.errors(include_url=False)]
    except ServiceError as refusal:
        return [row.fault(fault) for fault in refusal.faults]
    outcome.new.append(ToldRow(number=row.read.number, name=f"{new.warehouse} / {new.item} / {new.code}"))
    return []


def _expiry_faults(lot: Lot) -> list[Fault]:
    if lot.item.shelf_life_days is None or lot.expiry_date is not None or lot.expiry_unknown:
        return []
    message = "{item} does not keep for ever: give the last day of use, or say that it is not known."
    return [Fault("expiry_missing", message, "expiry_date", {"item": lot.item.code})]


def _block(work: Work, rows: list[UnderstoodRow], made: dict[tuple[str, str], Lot]) -> None:
    """Block the new lots that may not be used, once all of them lies where it lies."""
    reasons = {
        (row.values["item"], row.values["code"]): row.values["blocked_reason"]
        for row in rows
        if row.values.get("blocked_reason")
    }
    for key, lot in made.items():
        if key in reasons:
            block_lot(work, lot.id, reasons[key])
