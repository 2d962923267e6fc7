"""Nightly check of the books by plain SQL that shares no code with the services."""

from sqlalchemy import text

from app.simulation.world import World

_OVERSOLD = """
    SELECT COALESCE(SUM(CASE WHEN on_hand < 0 THEN -on_hand ELSE 0 END
                      + CASE WHEN reserved > on_hand THEN reserved - on_hand ELSE 0 END), 0) FROM stock_balance"""
# A lot of which more has left than came, and an arrival of which more was promised than is to come.
_LEFT_BEYOND_RECEIVED = """
    SELECT COALESCE(SUM(CASE WHEN gone > came THEN gone - came ELSE 0 END), 0) FROM (
        SELECT lot_id, SUM(CASE WHEN from_end = 'OUTSIDE' THEN quantity ELSE 0 END) AS came,
               SUM(CASE WHEN to_end = 'FACILITY' THEN quantity ELSE 0 END)
             - SUM(CASE WHEN from_end = 'FACILITY' THEN quantity ELSE 0 END) AS gone
        FROM stock_event GROUP BY lot_id) AS flows"""
_SHIPPED_BEYOND_PLAN = """
    SELECT COALESCE(SUM(CASE WHEN sent.shipped_units > line.quantity THEN sent.shipped_units - line.quantity
                        ELSE 0 END), 0)
    FROM transfer_order_line AS sent JOIN allocation_line AS line ON line.id = sent.allocation_line_id"""
_PAST_EXPIRY = """
    SELECT COALESCE(SUM(lot.accepted_units), 0) FROM shipped_lot AS lot
    JOIN lot AS goods ON goods.id = lot.lot_id
    JOIN transfer_order_line AS line ON line.id = lot.line_id
    JOIN transfer_order AS sending ON sending.id = line.transfer_order_id
    WHERE goods.expiry_date < sending.delivered_on"""
_AFTER_RECALL = """
    SELECT COALESCE(SUM(lot.accepted_units), 0) FROM shipped_lot AS lot
    JOIN lot AS goods ON goods.id = lot.lot_id
    JOIN transfer_order_line AS line ON line.id = lot.line_id
    JOIN transfer_order AS sending ON sending.id = line.transfer_order_id
    JOIN audit_record AS blocked ON blocked.action = 'LOT_BLOCKED' AND blocked.subject_kind = 'lot'
         AND blocked.subject_key = CAST(goods.id AS VARCHAR)
    WHERE sending.delivered_at > blocked.at"""


def look(world: World) -> None:
    """Count what must never be: units sold twice, units accepted past their last day or after their recall."""
    with world.database.read() as session:
        sold_twice = sum(
            int(session.execute(text(query)).scalar_one())
            for query in (_OVERSOLD, _LEFT_BEYOND_RECEIVED, _SHIPPED_BEYOND_PLAN)
        )
        past_expiry = int(session.execute(text(_PAST_EXPIRY)).scalar_one())
        after_recall = int(session.execute(text(_AFTER_RECALL)).scalar_one())
    tally = world.tally
    tally.oversold_units = max(tally.oversold_units, sold_twice)
    tally.used_past_expiry_units = past_expiry
    tally.used_after_recall_units = after_recall
