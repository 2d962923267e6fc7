"""What must be true of every database of the service: sums that can be formed anew from the records below them.

Each query finds the rows that break one; `docs/dev/invariants.md` says why each holds. They are plain SQL, so that
they can also be asked of a restored backup or a copy, on SQLite and PostgreSQL alike.
"""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, text

from app.core.errors import Fault

FOUND_SHOWN = 20

INVARIANTS: Mapping[str, tuple[str, str]] = {
    "balance_impossible": (
        "Lot {subject}: a balance below 0, or more reserved than there is.",
        """SELECT lot.code AS subject FROM stock_balance AS held JOIN lot ON lot.id = held.lot_id
           WHERE held.on_hand < 0 OR held.reserved < 0 OR held.reserved > held.on_hand""",
    ),
    "balance_differs_from_card": (
        "Lot {subject}: the balance is not the sum of its stock card.",
        """SELECT lot.code AS subject FROM stock_balance AS held JOIN lot ON lot.id = held.lot_id
           WHERE held.on_hand <> COALESCE((SELECT SUM(line.change) FROM stock_card_line AS line
                 WHERE line.lot_id = held.lot_id AND line.warehouse_id = held.warehouse_id), 0)""",
    ),
    "card_differs_from_events": (
        "Lot {subject}: the stock cards do not add up to the movements of the ledger.",
        """SELECT lot.code AS subject FROM lot WHERE
           COALESCE((SELECT SUM(change) FROM stock_card_line AS line WHERE line.lot_id = lot.id), 0)
           <> COALESCE((SELECT SUM(CASE WHEN to_end = 'WAREHOUSE' THEN quantity ELSE 0 END)
                             - SUM(CASE WHEN from_end = 'WAREHOUSE' THEN quantity ELSE 0 END)
                        FROM stock_event AS event WHERE event.lot_id = lot.id), 0)""",
    ),
    "reserved_unexplained": (
        "Lot {subject}: the reserved quantity is not the sum of its open reservations.",
        """SELECT lot.code AS subject FROM stock_balance AS held JOIN lot ON lot.id = held.lot_id
           WHERE held.reserved <> COALESCE((SELECT SUM(promise.quantity) FROM stock_reservation AS promise
                 WHERE promise.lot_id = held.lot_id AND promise.warehouse_id = held.warehouse_id
                   AND promise.released_at IS NULL), 0)""",
    ),
    "fund_differs_from_commitments": (
        "Fund {subject}: the committed amount is not the sum of its open commitments, or exceeds the fund.",
        """SELECT fund.code AS subject FROM fund_source AS fund
           WHERE fund.committed_fen <> COALESCE((SELECT SUM(taken.amount_fen) FROM fund_commitment AS taken
                 WHERE taken.fund_source_id = fund.id AND taken.released_at IS NULL), 0)
              OR (fund.on_overspend = 'STOP' AND fund.committed_fen > fund.amount_fen)""",
    ),
    "approved_by_proposer": (
        "Plan {subject} was approved by the person who proposed it.",
        """SELECT plan.code AS subject FROM allocation_plan AS plan
           JOIN plan_approval AS approval ON approval.plan_id = plan.id
           WHERE approval.approved_by = plan.proposed_by""",
    ),
    "approval_missing": (
        "Plan {subject} is approved without a record of who approved it.",
        """SELECT plan.code AS subject FROM allocation_plan AS plan
           WHERE plan.state IN ('APPROVED', 'DISPATCHING', 'CLOSED')
             AND NOT EXISTS (SELECT 1 FROM plan_approval AS approval WHERE approval.plan_id = plan.id)""",
    ),
    "order_line_impossible": (
        "Transfer order {subject}: more was ordered than planned, shipped than ordered, or arrived than shipped.",
        """SELECT sending.code AS subject FROM transfer_order_line AS sent
           JOIN transfer_order AS sending ON sending.id = sent.transfer_order_id
           JOIN allocation_line AS planned ON planned.id = sent.allocation_line_id
           WHERE sent.ordered_units > planned.quantity OR sent.shipped_units > sent.ordered_units
              OR sent.accepted_units + sent.rejected_units + sent.missing_units > sent.shipped_units""",
    ),
    "audit_head_differs": (
        "The head of the audit trail does not name its last record, {subject}.",
        """SELECT COALESCE(MAX(record.seq), 0) AS subject FROM audit_record AS record
           HAVING COALESCE(MAX(record.seq), 0) <> (SELECT seq FROM audit_head)""",
    ),
}  # fmt: skip
"""By code: what is wrong where the query finds something, and the query."""


def broken_invariants(connection: Connection) -> Iterator[Fault]:
    """A fault for each row that breaks an invariant; at most `FOUND_SHOWN` of each kind."""
    for code, (message, query) in INVARIANTS.items():
        for subject in connection.execute(text(query)).scalars().fetchmany(FOUND_SHOWN):
            yield Fault(code, message, code, {"subject": subject})
