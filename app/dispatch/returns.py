"""Returns from facilities: received at a warehouse, the usable part into stock, the rest written off."""

from collections.abc import Sequence

from sqlalchemy import Select, select

from app.core.errors import Fault, InvalidInputError
from app.core.numbering import next_code
from app.core.work import Work
from app.dispatch.models import FacilityReturn, FacilityReturnLine
from app.dispatch.return_schemas import FacilityReturnView, NewFacilityReturn, NewReturnLine
from app.facilities.models import Facility
from app.facilities.service import facilities_by_code, warehouses_by_code
from app.stock.models import Lot
from app.stock.rules import named_twice
from app.stock.service import Movement, lock_lots, move_all
from app.stock.types import StockEnd, StockEventKind

REFERENCE_KIND = "facility_return"
NUMBER_SERIES = "FR"


def select_returns(*, facility: str | None = None, warehouse: str | None = None) -> Select[FacilityReturn]:
    """The returns from a facility and into a warehouse, as far as given."""
    query = select(FacilityReturn)
    if facility is not None:
        query = query.where(FacilityReturn.facility.has(Facility.code == facility))
    if warehouse is not None:
        query = query.where(FacilityReturn.warehouse.has(Facility.code == warehouse))
    return query


def take_back(work: Work, new: NewFacilityReturn) -> FacilityReturn:
    """Take goods back from a facility: what was inspected and is usable is stock again, the rest is written off.

    A blocked lot stays blocked. Raises `InvalidInputError` with every fault, `InsufficientStockError` naming every lot
    of which the facility was not given so much, and `ForbiddenError` for a warehouse beyond the actor's reach.
    """
    work.actor.refuse_foreign_warehouses([("warehouse", new.warehouse)])
    faults: list[Fault] = []
    facilities = facilities_by_code(work.session, [new.facility], where="facility", faults=faults)
    warehouses = warehouses_by_code(work.session, [new.warehouse], where="warehouse", faults=faults)
    faults += named_twice([line.lot_id for line in new.lines], where="lines.{n}.lot_id")
    for n, line in enumerate(new.lines):
        if line.usable_units + line.destroyed_units == 0:
            faults.append(Fault("nothing_returned", "Nothing came back on this line.", f"lines.{n}.usable_units"))
    InvalidInputError.raise_if(faults)
    lots = lock_lots(work.session, [line.lot_id for line in new.lines], where="lines.{n}.lot_id")
    row = FacilityReturn(
        code=next_code(work.session, NUMBER_SERIES, work.today),
        facility=facilities[new.facility],
        warehouse=warehouses[new.warehouse],
        returned_on=new.returned_on or work.today,
        reason=new.reason,
        recorded_at=work.now,
        recorded_by=work.actor.name,
        lines=[_line(lots[line.lot_id], line) for line in new.lines],
    )
    work.session.add(row)
    work.session.flush()
    move_all(work, _movements(row, new.lines), where="")
    work.record("FACILITY_RETURN_RECORDED", REFERENCE_KIND, row.code, after=FacilityReturnView.snapshot(row))
    return row


def _line(lot: Lot, line: NewReturnLine) -> FacilityReturnLine:
    return FacilityReturnLine(lot=lot, usable_units=line.usable_units, destroyed_units=line.destroyed_units)


def _movements(row: FacilityReturn, lines: Sequence[NewReturnLine]) -> list[Movement]:
    """All of it into the warehouse, then what is destroyed out of it."""
    back = [
        Movement(
            kind=StockEventKind.RETURN,
            lot_id=line.lot_id,
            quantity=line.usable_units + line.destroyed_units,
            from_end=StockEnd.FACILITY,
            to_end=StockEnd.WAREHOUSE,
            to_warehouse_id=row.warehouse_id,
            facility_id=row.facility_id,
            occurred_on=row.returned_on,
            reason=row.reason,
            reference_kind=REFERENCE_KIND,
            reference_key=row.code,
        )
        for line in lines
    ]
    destroyed = [
        Movement(
            kind=StockEventKind.LOSS,
            lot_id=line.lot_id,
            quantity=line.destroyed_units,
            from_end=StockEnd.WAREHOUSE,
            from_warehouse_id=row.warehouse_id,
            to_end=StockEnd.LOST,
            occurred_on=row.returned_on,
            reason=row.reason,
            reference_kind=REFERENCE_KIND,
            reference_key=row.code,
        )
        for line in lines
        if line.destroyed_units > 0
    ]
    return [*back, *destroyed]
