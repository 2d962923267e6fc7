"""What must be true of the database after every step, read with plain SQL that shares nothing with the service."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from app.core.trail.append import FIRST_DIGEST, digest_of
from app.core.trail.models import AuditRecord

_LIVE = "('APPROVED', 'DISPATCHING')"

# Every row that one of these finds is a violation.
_NEVER = {
    "1 a balance below 0 or promised beyond what is there": """
        SELECT lot_id, warehouse_id, on_hand, reserved FROM stock_balance
        WHERE on_hand < 0 OR reserved < 0 OR reserved > on_hand""",
    "1 a balance that is not the sum of its card": """
        SELECT balance.lot_id, balance.on_hand, SUM(line.change) FROM stock_balance AS balance
        JOIN stock_card_line AS line ON line.lot_id = balance.lot_id AND line.warehouse_id = balance.warehouse_id
        GROUP BY balance.lot_id, balance.warehouse_id, balance.on_hand HAVING balance.on_hand <> SUM(line.change)""",
    "1 reserved units that no open reservation explains": """
        SELECT balance.lot_id, balance.reserved, COALESCE(SUM(promise.quantity), 0) FROM stock_balance AS balance
        LEFT JOIN stock_reservation AS promise ON promise.lot_id = balance.lot_id
             AND promise.warehouse_id = balance.warehouse_id AND promise.released_at IS NULL
        GROUP BY balance.lot_id, balance.warehouse_id, balance.reserved
        HAVING balance.reserved <> COALESCE(SUM(promise.quantity), 0)""",
    "1 reserved units that no line of a live plan stands for": f"""
        SELECT balance.lot_id, balance.reserved FROM stock_balance AS balance
        WHERE balance.reserved <> COALESCE((
            SELECT SUM(promised.quantity) FROM promised_lot AS promised
            JOIN allocation_line AS line ON line.id = promised.allocation_line_id
            JOIN allocation_plan AS plan ON plan.id = line.plan_id
            WHERE promised.lot_id = balance.lot_id AND line.warehouse_id = balance.warehouse_id
              AND plan.state IN {_LIVE}), 0)""",
    "4 an approval by the proposer, or of a plan that never was approved": """
        SELECT plan.code, plan.state FROM plan_approval AS approval JOIN allocation_plan AS plan ON plan.id = plan_id
        WHERE approval.approved_by = plan.proposed_by
           OR plan.state NOT IN ('APPROVED', 'DISPATCHING', 'CLOSED', 'CANCELLED')""",
    "4 a live plan without an approval, or with an ending": f"""
        SELECT plan.code FROM allocation_plan AS plan WHERE plan.state IN {_LIVE} AND (
            NOT EXISTS (SELECT 1 FROM plan_approval WHERE plan_id = plan.id)
            OR EXISTS (SELECT 1 FROM plan_ending WHERE plan_id = plan.id))""",
    "4 something left open by a plan that has ended": f"""
        SELECT plan.code FROM allocation_plan AS plan JOIN allocation_line AS line ON line.plan_id = plan.id
        LEFT JOIN promised_lot AS promised ON promised.allocation_line_id = line.id
        LEFT JOIN waiting_line AS waiting ON waiting.allocation_line_id = line.id
        LEFT JOIN transfer_order_line AS sent ON sent.allocation_line_id = line.id
        LEFT JOIN transfer_order AS sending ON sending.id = sent.transfer_order_id
        WHERE plan.state NOT IN {_LIVE}
          AND (promised.quantity > 0 OR waiting.waiting_units > 0 OR sending.state IN ('OPEN', 'SHIPPED'))""",
    "5 more ordered than planned, shipped than ordered, or arrived than shipped": """
        SELECT sent.id FROM transfer_order_line AS sent
        JOIN allocation_line AS line ON line.id = sent.allocation_line_id
        JOIN transfer_order AS sending ON sending.id = sent.transfer_order_id
        WHERE sent.ordered_units > line.quantity OR sent.shipped_units > sent.ordered_units
           OR sent.accepted_units + sent.rejected_units + sent.missing_units > sent.shipped_units
           OR (sending.state IN ('DELIVERED', 'DELIVERED_WITH_DISCREPANCY')
               AND sent.accepted_units + sent.rejected_units + sent.missing_units <> sent.shipped_units)""",
    "5 a loss without a name": """
        SELECT id FROM shipped_lot WHERE (missing_units > 0 AND missing_reason = '')
                                      OR (rejected_units > 0 AND rejection_reason = '')""",
    "5 on the road by its orders, but not by the ledger": """
        SELECT lot.lot_id, SUM(lot.quantity) FROM shipped_lot AS lot
        JOIN transfer_order_line AS line ON line.id = lot.line_id
        JOIN transfer_order AS sending ON sending.id = line.transfer_order_id AND sending.state = 'SHIPPED'
        GROUP BY lot.lot_id
        HAVING SUM(lot.quantity) <> (
            SELECT SUM(CASE WHEN to_end = 'TRANSIT' THEN quantity ELSE 0 END)
                 - SUM(CASE WHEN from_end = 'TRANSIT' THEN quantity ELSE 0 END)
            FROM stock_event WHERE stock_event.lot_id = lot.lot_id)""",
    "6 a fund that is committed beyond its amount, or otherwise than its commitments say": """
        SELECT fund.code, fund.committed_fen FROM fund_source AS fund
        LEFT JOIN fund_commitment AS taken ON taken.fund_source_id = fund.id AND taken.released_at IS NULL
        GROUP BY fund.id, fund.code, fund.committed_fen, fund.amount_fen, fund.on_overspend
        HAVING fund.committed_fen <> COALESCE(SUM(taken.amount_fen), 0)
            OR (fund.on_overspend = 'STOP' AND fund.committed_fen > fund.amount_fen)""",
    "6 money committed for what has ended": f"""
        SELECT taken.reference_key FROM fund_commitment AS taken
        LEFT JOIN allocation_plan AS plan ON plan.code = taken.reference_key
        LEFT JOIN purchase_order AS bought ON bought.code = taken.reference_key
        WHERE taken.released_at IS NULL AND COALESCE(plan.state, 'APPROVED') NOT IN {_LIVE}
           OR taken.released_at IS NULL AND COALESCE(bought.state, 'ORDERED') IN ('DRAFT', 'APPROVED', 'CANCELLED')""",
    "an order line that counts otherwise than its receipts": """
        SELECT bought.code, line.accepted_units FROM purchase_order_line AS line
        JOIN purchase_order AS bought ON bought.id = line.purchase_order_id
        WHERE line.accepted_units <> COALESCE((
            SELECT SUM(came.accepted_units) FROM receipt_line AS came JOIN lot ON lot.id = came.lot_id
            JOIN receipt ON receipt.id = came.receipt_id WHERE receipt.purchase_order_id = bought.id
              AND lot.item_id = line.item_id
              AND NOT EXISTS (SELECT 1 FROM receipt_reversal WHERE receipt_id = receipt.id)), 0)""",
    "a pledge that counts otherwise than its receipts": """
        SELECT pledge.code, pledge.received_units FROM pledge WHERE pledge.received_units <> COALESCE((
            SELECT SUM(came.accepted_units) FROM receipt_line AS came
            JOIN receipt ON receipt.id = came.receipt_id WHERE receipt.pledge_id = pledge.id
              AND NOT EXISTS (SELECT 1 FROM receipt_reversal WHERE receipt_id = receipt.id)), 0)""",
    "an offer that counts otherwise than its orders": """
        SELECT offer.code, offer.ordered_units FROM offer WHERE offer.ordered_units <> COALESCE((
            SELECT SUM(CASE WHEN bought.closing_reason <> '' THEN line.accepted_units ELSE line.ordered_units END)
            FROM purchase_order_line AS line JOIN purchase_order AS bought ON bought.id = line.purchase_order_id
            WHERE line.offer_id = offer.id AND bought.state IN ('ORDERED', 'PARTLY_RECEIVED', 'RECEIVED')), 0)""",
    "a document in a state that its counts deny": """
        SELECT bought.code FROM purchase_order AS bought
        JOIN purchase_order_line AS line ON line.purchase_order_id = bought.id
        WHERE bought.closing_reason = '' AND (
            (bought.state = 'RECEIVED' AND line.accepted_units < line.ordered_units)
            OR (bought.state IN ('DRAFT', 'APPROVED', 'ORDERED', 'CANCELLED') AND line.accepted_units > 0))
        UNION ALL
        SELECT code FROM pledge WHERE closing_reason = '' AND (
            (state = 'RECEIVED' AND received_units < quantity)
            OR (state IN ('PROMISED', 'CONFIRMED', 'CANCELLED') AND received_units > 0))""",
    "10 a channel whose balance does not close": """
        SELECT lot.supply_channel, lot.item_id FROM stock_event AS event JOIN lot ON lot.id = event.lot_id
        GROUP BY lot.supply_channel, lot.item_id
        HAVING SUM(CASE WHEN from_end = 'OUTSIDE' THEN quantity WHEN to_end = 'OUTSIDE' THEN -quantity ELSE 0 END)
            <> (SELECT SUM(on_hand) FROM stock_balance JOIN lot AS held ON held.id = stock_balance.lot_id
                WHERE held.supply_channel = lot.supply_channel AND held.item_id = lot.item_id)
             + SUM(CASE WHEN to_end IN ('TRANSIT', 'FACILITY', 'LOST', 'RETURNED') THEN quantity ELSE 0 END)
             - SUM(CASE WHEN from_end IN ('TRANSIT', 'FACILITY', 'LOST', 'RETURNED') THEN quantity ELSE 0 END)""",
}  # fmt: skip

# All of them in one statement, which is asked after every step: which of them find anything at all?
_ANY = " UNION ALL ".join(
    f"SELECT {number} WHERE EXISTS (SELECT 1 FROM ({query}) AS found)" for number, query in enumerate(_NEVER.values())
)

_FLOWS = """
    SELECT lot_id, from_end, to_end, SUM(quantity) AS units FROM stock_event GROUP BY lot_id, from_end, to_end"""

# What leaves or is promised now, with all that decides whether it may.
_NEW_SHIPMENTS = """
    SELECT event.id, lot.code, lot.expiry_date, lot.blocked_reason, event.facility_id, lot.item_id, event.reference_key
    FROM stock_event AS event JOIN lot ON lot.id = event.lot_id WHERE event.kind = 'SHIPMENT' AND event.id > :last"""
_PROMISES = """
    SELECT promised.id, promised.quantity, lot.code, lot.expiry_date, lot.blocked_reason, demand.facility_id,
           lot.item_id, lot.id AS lot_id, need.needed_by
    FROM promised_lot AS promised JOIN lot ON lot.id = promised.lot_id
    JOIN allocation_line AS line ON line.id = promised.allocation_line_id
    JOIN plan_demand AS demand ON demand.id = line.plan_demand_id
    JOIN requisition_line AS need ON need.id = demand.requisition_line_id"""
_MISGRADED = """
    SELECT line.id FROM transfer_order_line AS line JOIN transfer_order AS sending ON sending.id = transfer_order_id
    JOIN facility ON facility.id = sending.facility_id
    WHERE line.shipped_units > 0 AND line.item_id <> line.serves_item_id AND NOT EXISTS (
        SELECT 1 FROM substitution JOIN substitution_facility_type AS allowed
               ON allowed.substitution_id = substitution.id
        WHERE substitution.item_id = line.item_id AND substitution.serves_item_id = line.serves_item_id
          AND allowed.facility_type_id = facility.facility_type_id)"""

_OWED = f"""
    SELECT need.id, requisition.code, requisition.state, need.approved_units, need.delivered_units,
           COALESCE(SUM((COALESCE(promised.units, 0) + COALESCE(waiting.waiting_units, 0)
                         + CASE WHEN sending.state = 'SHIPPED' THEN sent.shipped_units ELSE 0 END)
                        * CASE WHEN line.item_id = demand.item_id THEN 1000 ELSE :ratio END), 0) AS owed_permille
    FROM requisition_line AS need JOIN requisition ON requisition.id = need.requisition_id
    LEFT JOIN plan_demand AS demand ON demand.requisition_line_id = need.id
         AND demand.plan_id IN (SELECT id FROM allocation_plan WHERE state IN {_LIVE})
    LEFT JOIN allocation_line AS line ON line.plan_demand_id = demand.id
    LEFT JOIN (SELECT allocation_line_id, SUM(quantity) AS units FROM promised_lot GROUP BY allocation_line_id)
         AS promised ON promised.allocation_line_id = line.id
    LEFT JOIN waiting_line AS waiting ON waiting.allocation_line_id = line.id
    LEFT JOIN transfer_order_line AS sent ON sent.allocation_line_id = line.id
    LEFT JOIN transfer_order AS sending ON sending.id = sent.transfer_order_id
    GROUP BY need.id, requisition.code, requisition.state, need.approved_units, need.delivered_units"""
_ACCEPTED = """
    SELECT demand.requisition_line_id AS need, sent.transfer_order_id,
           SUM(sent.accepted_units * CASE WHEN sent.item_id = sent.serves_item_id THEN 1000 ELSE :ratio END) AS permille
    FROM transfer_order_line AS sent JOIN allocation_line AS line ON line.id = sent.allocation_line_id
    JOIN plan_demand AS demand ON demand.id = line.plan_demand_id
    GROUP BY demand.requisition_line_id, sent.transfer_order_id"""


FIGURES = ("received", "issued", "in_transit", "on_hand", "lost", "returned")
_ENDS = ("FACILITY", "TRANSIT", "WAREHOUSE", "LOST", "RETURNED")
_BALANCE = f"""
    SELECT item.code, lot.supply_channel,
           SUM(CASE WHEN from_end = 'OUTSIDE' THEN quantity ELSE 0 END
               - CASE WHEN to_end = 'OUTSIDE' THEN quantity ELSE 0 END),
           {
    ", ".join(
        f"SUM(CASE WHEN to_end = '{end}' THEN quantity ELSE 0 END"
        f" - CASE WHEN from_end = '{end}' THEN quantity ELSE 0 END)"
        for end in _ENDS
    )
}
    FROM stock_event JOIN lot ON lot.id = stock_event.lot_id JOIN item ON item.id = lot.item_id
    WHERE occurred_on <= :day GROUP BY item.code, lot.supply_channel ORDER BY item.code, lot.supply_channel"""
_PUBLISHED = f"""
    SELECT item.code, line.channel, {", ".join(f"line.{figure}" for figure in FIGURES)}
    FROM disclosure_line AS line JOIN item ON item.id = line.item_id WHERE line.disclosure_id = :id"""
_NEW_DISCLOSURES = "SELECT id, code, as_of FROM disclosure WHERE id > :last ORDER BY id"

Balance = dict[tuple[str, str], tuple[int, ...]]
"""By item and channel: the numbers of `FIGURES`."""


def balance_on(session: Session, day: date | str) -> Balance:
    """What the events up to the end of a day say."""
    return _balance(_rows(session, _BALANCE, day=str(day)))


def _balance(rows: Sequence[Row[Any]]) -> Balance:
    return {(item, channel): tuple(map(int, figures)) for item, channel, *figures in rows}


def _rows(session: Session, query: str, **params: object) -> Sequence[Row[Any]]:
    return session.execute(text(query), params).all()


@dataclass(slots=True)
class Books:
    """Looks at the database after every step; remembers up to where it has looked."""

    ratio_permille: int
    pack_units: int
    last_event: int = 0
    last_record: int = 0
    last_digest: str = FIRST_DIGEST
    last_disclosure: int = 0

    def wrongs(self, session: Session, today: date, told_owed: Mapping[int, int]) -> Iterator[str]:
        """Everything that is not as it must be; `told_owed` is what the service says that plans owe, by need."""
        names = list(_NEVER)
        for [number] in _rows(session, _ANY):
            yield from (f"{names[number]}: {tuple(row)}" for row in _rows(session, _NEVER[names[number]]))
        yield from self._unconserved(session)
        yield from self._unusable(session, today)
        yield from self._owed_twice(session, told_owed)
        yield from self._broken_chain(session)
        yield from self._published_otherwise(session)

    def _unconserved(self, session: Session) -> Iterator[str]:
        held = dict(_rows(session, "SELECT lot_id, SUM(on_hand) FROM stock_balance GROUP BY lot_id"))
        at: dict[int, dict[str, int]] = {}
        for lot, from_end, to_end, units in _rows(session, _FLOWS):
            ends = at.setdefault(lot, {})
            ends[from_end] = ends.get(from_end, 0) - int(units)
            ends[to_end] = ends.get(to_end, 0) + int(units)
        for lot, ends in at.items():
            away = sum(ends.get(end, 0) for end in ("TRANSIT", "FACILITY", "LOST", "RETURNED"))
            if -ends.get("OUTSIDE", 0) != int(held.get(lot, 0)) + away:
                yield f"2 lot {lot} does not conserve: {ends}, {held.get(lot)} on hand"
            if min(units for end, units in ends.items() if end != "OUTSIDE") < 0:
                yield f"2 lot {lot} has less than nothing somewhere: {ends}"

    def _unusable(self, session: Session, today: date) -> Iterator[str]:
        earmarks: dict[int, set[int]] = {}
        for lot, facility in _rows(session, "SELECT lot_id, facility_id FROM lot_earmark"):
            earmarks.setdefault(lot, set()).add(facility)
        for row in _rows(session, _PROMISES):
            if row.quantity > 0 and row.facility_id not in earmarks.get(row.lot_id, {row.facility_id}):
                yield f"3 lot {row.code} is promised past its earmark"
        for row in _rows(session, _NEW_SHIPMENTS, last=self.last_event):
            self.last_event = max(self.last_event, row.id)
            expiry = date.fromisoformat(row.expiry_date) if isinstance(row.expiry_date, str) else row.expiry_date
            if (expiry is not None and expiry < today) or row.blocked_reason is not None:
                yield f"3 lot {row.code} left for {row.reference_key} though expired or blocked"
        yield from (f"3 line {row.id} left though it is of a wrong grade" for row in _rows(session, _MISGRADED))

    def _owed_twice(self, session: Session, told_owed: Mapping[int, int]) -> Iterator[str]:
        arrived: dict[int, int] = {}
        for row in _rows(session, _ACCEPTED, ratio=self.ratio_permille):
            arrived[row.need] = arrived.get(row.need, 0) + int(row.permille) // 1000
        for row in _rows(session, _OWED, ratio=self.ratio_permille):
            owed_units = -(-int(row.owed_permille) // 1000)
            if told_owed.get(row.id, 0) != owed_units:
                yield f"{row.code}: {owed_units} owed, the service says {told_owed.get(row.id, 0)}"
            if row.delivered_units != arrived.get(row.id, 0):
                yield f"5 {row.code} counts {row.delivered_units} delivered, {arrived.get(row.id, 0)} arrived"
            # What a newer report replaced keeps what was promised to it; the newer one counts it (`carried_units`).
            if owed_units and row.state not in ("PLANNED", "FULFILLED", "REPLACED"):
                yield f"{row.code} is {row.state}, but {owed_units} units are owed to it"
            # The last pack may be more than is needed.
            if owed_units and row.delivered_units + owed_units >= (row.approved_units or 0) + self.pack_units:
                yield f"{row.code}: {row.approved_units} approved, {row.delivered_units} there and {owed_units} owed"

    def _broken_chain(self, session: Session) -> Iterator[str]:
        query = select(AuditRecord).where(AuditRecord.seq > self.last_record).order_by(AuditRecord.seq)
        for record in session.scalars(query):
            linked = record.seq == self.last_record + 1 and record.previous_digest == self.last_digest
            if not linked or digest_of(record) != record.digest:
                yield f"8 record {record.seq} does not follow"
            self.last_record, self.last_digest = record.seq, record.digest
        [head] = _rows(session, "SELECT seq, digest FROM audit_head")
        if (head.seq, head.digest) != (self.last_record, self.last_digest):
            yield "8 the head is not the last record"

    def _published_otherwise(self, session: Session) -> Iterator[str]:
        """What has just been published is what the events say; it cannot be changed afterwards (the tables refuse)."""
        for row in _rows(session, _NEW_DISCLOSURES, last=self.last_disclosure):
            self.last_disclosure = row.id
            published, booked = _balance(_rows(session, _PUBLISHED, id=row.id)), balance_on(session, row.as_of)
            if published != booked:
                yield f"10 {row.code} says {published}, the events say {booked}"
