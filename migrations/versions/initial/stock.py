"""Tables of the first revision: lots, stock events, stock cards, balances, reservations and counts."""

import sqlalchemy as sa
from alembic import op

from migrations.versions.initial.columns import MOMENT, NUMBER

TABLES = (
    "lot",
    "lot_earmark",
    "stock_event",
    "stock_card_line",
    "stock_balance",
    "stock_reservation",
    "physical_inventory",
    "physical_inventory_line",
)


def create_tables() -> None:
    """Create them in the order of their foreign keys."""
    _lot()
    _lot_earmark()
    _stock_event()
    _stock_card_line()
    _stock_balance()
    _stock_reservation()
    _physical_inventory()
    _physical_inventory_line()


def _lot() -> None:
    op.create_table(
        "lot",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("item_id", NUMBER, nullable=False),
        sa.Column("supply_channel", sa.String(32), nullable=False),
        sa.Column("partner_id", NUMBER, nullable=True),
        sa.Column("expiry_date", sa.Date(), nullable=True),
        sa.Column("blocked_reason", sa.String(2000), nullable=True),
        sa.Column("note", sa.String(2000), nullable=False),
        sa.CheckConstraint(
            "supply_channel IN ('MARKET_PURCHASE', 'DONATION', 'PROVINCIAL_ALLOCATION', 'SPECIAL_HANDLING', "
            "'LOCAL_PRODUCTION')",
            name=op.f("ck_lot_supply_channel"),
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_lot_item_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_lot_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint("item_id", "code", name=op.f("uq_lot_item_id_code")),
    )
    op.create_index(op.f("ix_lot_item_id"), "lot", ["item_id"])


def _lot_earmark() -> None:
    op.create_table(
        "lot_earmark",
        sa.Column("lot_id", NUMBER, nullable=False),
        sa.Column("facility_id", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_lot_earmark_facility_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_lot_earmark_lot_id")),
        sa.PrimaryKeyConstraint("lot_id", "facility_id", name=op.f("pk_lot_earmark")),
    )


def _stock_event() -> None:
    op.create_table(
        "stock_event",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("lot_id", NUMBER, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("quantity", NUMBER, nullable=False),
        sa.Column("from_end", sa.String(32), nullable=False),
        sa.Column("from_warehouse_id", NUMBER, nullable=True),
        sa.Column("to_end", sa.String(32), nullable=False),
        sa.Column("to_warehouse_id", NUMBER, nullable=True),
        sa.Column("facility_id", NUMBER, nullable=True),
        sa.Column("reverses_event_id", NUMBER, nullable=True),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.Column("reference_kind", sa.String(64), nullable=False),
        sa.Column("reference_key", sa.String(64), nullable=False),
        sa.CheckConstraint(
            "kind IN ('RECEIPT', 'SHIPMENT', 'DELIVERY', 'TRANSFER', 'ADJUSTMENT', 'LOSS', 'RETURN', 'REVERSAL')",
            name=op.f("ck_stock_event_event_kind"),
        ),
        sa.CheckConstraint(
            "from_end IN ('OUTSIDE', 'WAREHOUSE', 'TRANSIT', 'FACILITY', 'LOST', 'RETURNED')",
            name=op.f("ck_stock_event_from_end"),
        ),
        sa.CheckConstraint(
            "(from_end = 'WAREHOUSE') = (from_warehouse_id IS NOT NULL)", name=op.f("ck_stock_event_from_warehouse")
        ),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_stock_event_quantity")),
        sa.CheckConstraint(
            "(kind = 'REVERSAL') = (reverses_event_id IS NOT NULL)", name=op.f("ck_stock_event_reversal")
        ),
        sa.CheckConstraint(
            "to_end IN ('OUTSIDE', 'WAREHOUSE', 'TRANSIT', 'FACILITY', 'LOST', 'RETURNED')",
            name=op.f("ck_stock_event_to_end"),
        ),
        sa.CheckConstraint(
            "(to_end = 'WAREHOUSE') = (to_warehouse_id IS NOT NULL)", name=op.f("ck_stock_event_to_warehouse")
        ),
        sa.CheckConstraint("from_end <> to_end OR from_end = 'WAREHOUSE'", name=op.f("ck_stock_event_two_ends")),
        sa.CheckConstraint(
            "from_warehouse_id IS NULL OR to_warehouse_id IS NULL OR from_warehouse_id <> to_warehouse_id",
            name=op.f("ck_stock_event_two_warehouses"),
        ),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_stock_event_facility_id")),
        sa.ForeignKeyConstraint(["from_warehouse_id"], ["facility.id"], name=op.f("fk_stock_event_from_warehouse_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_stock_event_lot_id")),
        sa.ForeignKeyConstraint(
            ["reverses_event_id"], ["stock_event.id"], name=op.f("fk_stock_event_reverses_event_id")
        ),
        sa.ForeignKeyConstraint(["to_warehouse_id"], ["facility.id"], name=op.f("fk_stock_event_to_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_event")),
        sa.UniqueConstraint("reverses_event_id", name=op.f("uq_stock_event_reverses_event_id")),
    )
    op.create_index(op.f("ix_stock_event_lot_id"), "stock_event", ["lot_id"])
    op.create_index(op.f("ix_stock_event_occurred_on"), "stock_event", ["occurred_on"])
    op.create_index(op.f("ix_stock_event_reference"), "stock_event", ["reference_kind", "reference_key"])


def _stock_card_line() -> None:
    op.create_table(
        "stock_card_line",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("lot_id", NUMBER, nullable=False),
        sa.Column("warehouse_id", NUMBER, nullable=False),
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("event_id", NUMBER, nullable=False),
        sa.Column("change", NUMBER, nullable=False),
        sa.Column("balance_after", NUMBER, nullable=False),
        sa.CheckConstraint("balance_after >= 0", name=op.f("ck_stock_card_line_balance")),
        sa.CheckConstraint("seq > 1 OR change = balance_after", name=op.f("ck_stock_card_line_opening")),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_stock_card_line_seq")),
        sa.ForeignKeyConstraint(["event_id"], ["stock_event.id"], name=op.f("fk_stock_card_line_event_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_stock_card_line_lot_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["facility.id"], name=op.f("fk_stock_card_line_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_card_line")),
        sa.UniqueConstraint("event_id", "warehouse_id", name=op.f("uq_stock_card_line_event_id_warehouse_id")),
        sa.UniqueConstraint("lot_id", "warehouse_id", "seq", name=op.f("uq_stock_card_line_lot_id_warehouse_id_seq")),
    )


def _stock_balance() -> None:
    op.create_table(
        "stock_balance",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("lot_id", NUMBER, nullable=False),
        sa.Column("warehouse_id", NUMBER, nullable=False),
        sa.Column("on_hand", NUMBER, nullable=False),
        sa.Column("reserved", NUMBER, nullable=False),
        sa.Column("last_seq", NUMBER, nullable=False),
        sa.CheckConstraint("reserved <= on_hand", name=op.f("ck_stock_balance_available")),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_stock_balance_on_hand")),
        sa.CheckConstraint("reserved >= 0", name=op.f("ck_stock_balance_reserved")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_stock_balance_lot_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["facility.id"], name=op.f("fk_stock_balance_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_balance")),
        sa.UniqueConstraint("lot_id", "warehouse_id", name=op.f("uq_stock_balance_lot_id_warehouse_id")),
    )
    op.create_index(op.f("ix_stock_balance_warehouse_id"), "stock_balance", ["warehouse_id"])


def _stock_reservation() -> None:
    op.create_table(
        "stock_reservation",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("lot_id", NUMBER, nullable=False),
        sa.Column("warehouse_id", NUMBER, nullable=False),
        sa.Column("quantity", NUMBER, nullable=False),
        sa.Column("reference_kind", sa.String(64), nullable=False),
        sa.Column("reference_key", sa.String(64), nullable=False),
        sa.Column("reserved_at", MOMENT, nullable=False),
        sa.Column("released_at", MOMENT, nullable=True),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_stock_reservation_quantity")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_stock_reservation_lot_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["facility.id"], name=op.f("fk_stock_reservation_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_reservation")),
    )
    op.create_index(op.f("ix_stock_reservation_lot_id"), "stock_reservation", ["lot_id"])
    op.create_index(op.f("ix_stock_reservation_reference"), "stock_reservation", ["reference_kind", "reference_key"])


def _physical_inventory() -> None:
    op.create_table(
        "physical_inventory",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("warehouse_id", NUMBER, nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("counted_by", sa.String(200), nullable=False),
        sa.Column("posted_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state IN ('DRAFT', 'POSTED', 'CANCELLED')", name=op.f("ck_physical_inventory_inventory_state")
        ),
        sa.ForeignKeyConstraint(["warehouse_id"], ["facility.id"], name=op.f("fk_physical_inventory_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_physical_inventory")),
        sa.UniqueConstraint("code", name=op.f("uq_physical_inventory_code")),
    )


def _physical_inventory_line() -> None:
    op.create_table(
        "physical_inventory_line",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("physical_inventory_id", NUMBER, nullable=False),
        sa.Column("lot_id", NUMBER, nullable=False),
        sa.Column("expected_units", NUMBER, nullable=False),
        sa.Column("card_seq", NUMBER, nullable=False),
        sa.Column("counted_units", NUMBER, nullable=False),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.Column("event_id", NUMBER, nullable=True),
        sa.CheckConstraint("card_seq >= 0", name=op.f("ck_physical_inventory_line_card_seq")),
        sa.CheckConstraint("expected_units >= 0 AND counted_units >= 0", name=op.f("ck_physical_inventory_line_units")),
        sa.ForeignKeyConstraint(["event_id"], ["stock_event.id"], name=op.f("fk_physical_inventory_line_event_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_physical_inventory_line_lot_id")),
        sa.ForeignKeyConstraint(
            ["physical_inventory_id"],
            ["physical_inventory.id"],
            name=op.f("fk_physical_inventory_line_physical_inventory_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_physical_inventory_line")),
        sa.UniqueConstraint(
            "physical_inventory_id", "lot_id", name=op.f("uq_physical_inventory_line_physical_inventory_id_lot_id")
        ),
    )
