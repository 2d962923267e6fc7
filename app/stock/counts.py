"""Physical inventories: a count is written down, counted anew where the card moved, and posted once."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.auth import Actor
from app.core.errors import ConflictError, Fault, InvalidInputError
from app.core.numbering import next_code
from app.core.records import lock_row_by_code, row_by_code, rows_by_code
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.facilities.models import Facility
from app.stock.holdings import changes_after, lock_balances, lock_lots
from app.stock.ledger import Movement
from app.stock.models import PhysicalInventory, PhysicalInventoryLine, StockBalance
from app.stock.movements import move_all
from app.stock.rules import CountedCard, named_twice, posting_faults
from app.stock.schemas import CountedLot, NewPhysicalInventory, PhysicalInventoryView, Recount
from app.stock.types import InventoryState, StockEnd, StockEventKind


def inventory_by_code(session: Session, code: str) -> PhysicalInventory:
    """The count; raises `NotFoundError`."""
    return row_by_code(session, PhysicalInventory, "physical inventory", code)


def lock_inventory(session: Session, code: str) -> PhysicalInventory:
    """As `inventory_by_code`, with the row locked until the transaction ends; raises `NotFoundError`."""
    return lock_row_by_code(session, PhysicalInventory, "physical inventory", code)


def select_inventories(
    *, warehouse: str | None = None, state: InventoryState | None = None
) -> Select[PhysicalInventory]:
    """The counts that all the filters given let pass."""
    query = select(PhysicalInventory)
    if warehouse is not None:
        query = query.where(PhysicalInventory.warehouse.has(Facility.code == warehouse))
    if state is not None:
        query = query.where(PhysicalInventory.state == state)
    return query


def _draft(session: Session, code: str, actor: Actor, if_match: Precondition) -> PhysicalInventory:
    inventory = if_match.check(lock_inventory(session, code))
    actor.refuse_foreign_warehouses([("warehouse", inventory.warehouse.code)])
    if inventory.state is not InventoryState.DRAFT:
        raise ConflictError.of(
            "Count {count} is {state}; only a DRAFT can be changed or posted.",
            code="not_a_draft",
            count=code,
            state=inventory.state.value,
        )
    return inventory


def _write_down(session: Session, inventory: PhysicalInventory, counted: Sequence[CountedLot]) -> None:
    """Put lines into a count, beside what their cards say for its day; a lot counted before gets the new figures."""
    lots = lock_lots(session, (line.lot_id for line in counted), where="lines.{n}.lot_id")
    warehouse_id = inventory.warehouse_id
    places = [(line.lot_id, warehouse_id) for line in counted]
    balances = lock_balances(session, places)
    later = changes_after(session, places, inventory.counted_on)
    present = {line.lot_id: line for line in inventory.lines}
    for entry, place in zip(counted, places, strict=True):
        line = present.get(entry.lot_id)
        if line is None:
            line = PhysicalInventoryLine(lot=lots[entry.lot_id])
            inventory.lines.append(line)
        balance = balances.get(place)
        on_hand = balance.on_hand if balance is not None else 0
        line.expected_units = on_hand - sum(later.get(place, {}).values())
        line.card_seq = balance.last_seq if balance is not None else 0
        line.counted_units, line.reason = entry.counted_units, entry.reason


def draft_inventory(work: Work, new: NewPhysicalInventory) -> PhysicalInventory:
    """Write down a count; lots that it does not name stay as they are. Raises `InvalidInputError`.

    Raises `ForbiddenError` for a warehouse beyond the actor's reach, as does everything else that is done to a count.
    """
    work.actor.refuse_foreign_warehouses([("warehouse", new.warehouse)])
    faults: list[Fault] = []
    warehouses = rows_by_code(
        work.session,
        Facility,
        "warehouse",
        [new.warehouse],
        where="warehouse",
        faults=faults,
        suits=lambda place: place.facility_type.keeps_stock,
    )
    if new.counted_on > work.today:
        message = "The day {day} has not come yet."
        faults.append(Fault("day_in_the_future", message, "counted_on", {"day": new.counted_on.isoformat()}))
    faults += named_twice([line.lot_id for line in new.lines], where="lines.{n}.lot_id")
    InvalidInputError.raise_if(faults)
    warehouse = warehouses[new.warehouse]
    inventory = PhysicalInventory(
        code=next_code(work.session, "PI", work.today),
        warehouse=warehouse,
        warehouse_id=warehouse.id,
        counted_on=new.counted_on,
        state=InventoryState.DRAFT,
        counted_by=work.actor.name,
    )
    _write_down(work.session, inventory, new.lines)
    work.session.add(inventory)
    _record(work, inventory, "COUNT_DRAFTED", None)
    return inventory


def recount(work: Work, code: str, again: Recount, if_match: Precondition = ANY_VERSION) -> PhysicalInventory:
    """Enter lots counted anew, or more lots, into a draft."""
    InvalidInputError.raise_if(named_twice([line.lot_id for line in again.lines], where="lines.{n}.lot_id"))
    inventory = _draft(work.session, code, work.actor, if_match)
    before = PhysicalInventoryView.snapshot(inventory)
    _write_down(work.session, inventory, again.lines)
    inventory.touch()
    _record(work, inventory, "COUNT_CHANGED", before)
    return inventory


def moved_lots(session: Session, inventory: PhysicalInventory) -> frozenset[int]:
    """The lots of a count whose cards have moved since they were counted; they must be counted again."""
    query = select(StockBalance.lot_id, StockBalance.last_seq).where(
        StockBalance.warehouse_id == inventory.warehouse_id,
        StockBalance.lot_id.in_([line.lot_id for line in inventory.lines]),
    )
    last_seq: dict[int, int] = dict(session.execute(query).all())
    return frozenset(line.lot_id for line in inventory.lines if last_seq.get(line.lot_id, 0) != line.card_seq)


def post_inventory(work: Work, code: str, if_match: Precondition = ANY_VERSION) -> PhysicalInventory:
    """Turn the differences of a count into adjustments of the day counted, all or none.

    Raises `ConflictError` naming every lot whose card moved since it was counted (`card_moved`) or whose difference
    has no reason (`reason_missing`), `InsufficientStockError` where less was counted than is promised to plans.
    """
    inventory = _draft(work.session, code, work.actor, if_match)
    before = PhysicalInventoryView.snapshot(inventory)
    lock_lots(work.session, (line.lot_id for line in inventory.lines))
    balances = lock_balances(work.session, ((line.lot_id, inventory.warehouse_id) for line in inventory.lines))
    faults: list[Fault] = []
    for n, line in enumerate(inventory.lines):
        balance = balances.get((line.lot_id, inventory.warehouse_id))
        card = CountedCard(
            lot=line.lot.code,
            item=line.lot.item.code,
            expected_units=line.expected_units,
            counted_units=line.counted_units,
            reason=line.reason,
            counted_seq=line.card_seq,
            last_seq=balance.last_seq if balance is not None else 0,
        )
        faults += posting_faults(card, where=f"lines.{n}")
    ConflictError.raise_if(faults)
    differing = [line for line in inventory.lines if line.counted_units != line.expected_units]
    adjustments = [_adjustment(inventory, line) for line in differing]
    events = move_all(work, adjustments, where="")
    for line, event in zip(differing, events, strict=True):
        line.event_id = event.id
    inventory.state, inventory.posted_at = InventoryState.POSTED, work.now
    _record(work, inventory, "COUNT_POSTED", before)
    return inventory


def _adjustment(inventory: PhysicalInventory, line: PhysicalInventoryLine) -> Movement:
    found = line.counted_units - line.expected_units
    return Movement(
        kind=StockEventKind.ADJUSTMENT,
        lot_id=line.lot_id,
        quantity=abs(found),
        from_end=StockEnd.OUTSIDE if found > 0 else StockEnd.WAREHOUSE,
        to_end=StockEnd.WAREHOUSE if found > 0 else StockEnd.LOST,
        from_warehouse_id=None if found > 0 else inventory.warehouse_id,
        to_warehouse_id=inventory.warehouse_id if found > 0 else None,
        occurred_on=inventory.counted_on,
        reason=line.reason,
        reference_kind="physical_inventory",
        reference_key=inventory.code,
    )


def cancel_inventory(work: Work, code: str, reason: str, if_match: Precondition = ANY_VERSION) -> PhysicalInventory:
    """Put a draft aside; the reason is kept in the audit trail."""
    inventory = _draft(work.session, code, work.actor, if_match)
    before = PhysicalInventoryView.snapshot(inventory)
    inventory.state = InventoryState.CANCELLED
    _record(work, inventory, "COUNT_CANCELLED", before, reason=reason)
    return inventory


def _record(work: Work, inventory: PhysicalInventory, action: str, before: dict[str, Any] | None, **more: str) -> None:
    work.session.flush()
    work.record(
        action,
        "physical_inventory",
        inventory.code,
        before=before,
        after={**PhysicalInventoryView.snapshot(inventory), **more},
    )
