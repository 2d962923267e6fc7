"""Tables of the first revision: offers, funds, purchase orders and pledges."""

import sqlalchemy as sa
from alembic import op

from migrations.versions.initial.columns import MOMENT, NUMBER

TABLES = (
    "fund_source",
    "offer",
    "fund_commitment",
    "purchase_order",
    "purchase_order_line",
    "pledge",
    "pledge_earmark",
)


def create_tables() -> None:
    """Create them in the order of their foreign keys."""
    _fund_source()
    _offer()
    _fund_commitment()
    _purchase_order()
    _purchase_order_line()
    _pledge()
    _pledge_earmark()


def _fund_source() -> None:
    op.create_table(
        "fund_source",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=False),
        sa.Column("name_en", sa.String(200), nullable=False),
        sa.Column("amount_fen", NUMBER, nullable=False),
        sa.Column("committed_fen", NUMBER, nullable=False),
        sa.Column("on_overspend", sa.String(32), nullable=False),
        sa.Column("source", sa.String(2000), nullable=False),
        sa.CheckConstraint("amount_fen >= 0 AND committed_fen >= 0", name=op.f("ck_fund_source_amounts")),
        sa.CheckConstraint(
            "on_overspend = 'WARN' OR committed_fen <= amount_fen", name=op.f("ck_fund_source_no_overspend")
        ),
        sa.CheckConstraint("on_overspend IN ('STOP', 'WARN')", name=op.f("ck_fund_source_on_overspend")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_source")),
        sa.UniqueConstraint("code", name=op.f("uq_fund_source_code")),
    )


def _offer() -> None:
    op.create_table(
        "offer",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("partner_id", NUMBER, nullable=False),
        sa.Column("supply_channel", sa.String(32), nullable=False),
        sa.Column("item_id", NUMBER, nullable=False),
        sa.Column("warehouse_id", NUMBER, nullable=False),
        sa.Column("fund_source_id", NUMBER, nullable=True),
        sa.Column("quantity", NUMBER, nullable=False),
        sa.Column("ordered_units", NUMBER, nullable=False),
        sa.Column("unit_price_microyuan", NUMBER, nullable=False),
        sa.Column("lead_days", NUMBER, nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.CheckConstraint("lead_days >= 0", name=op.f("ck_offer_lead_days")),
        sa.CheckConstraint("state IN ('OPEN', 'ACCEPTED', 'WITHDRAWN')", name=op.f("ck_offer_offer_state")),
        sa.CheckConstraint("ordered_units >= 0 AND ordered_units <= quantity", name=op.f("ck_offer_ordered")),
        sa.CheckConstraint("unit_price_microyuan >= 0", name=op.f("ck_offer_price")),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_offer_quantity")),
        sa.CheckConstraint(
            "supply_channel IN ('MARKET_PURCHASE', 'DONATION', 'PROVINCIAL_ALLOCATION', 'SPECIAL_HANDLING', "
            "'LOCAL_PRODUCTION')",
            name=op.f("ck_offer_supply_channel"),
        ),
        sa.ForeignKeyConstraint(["fund_source_id"], ["fund_source.id"], name=op.f("fk_offer_fund_source_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_offer_item_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_offer_partner_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["facility.id"], name=op.f("fk_offer_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
        sa.UniqueConstraint("code", name=op.f("uq_offer_code")),
    )


def _fund_commitment() -> None:
    op.create_table(
        "fund_commitment",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("fund_source_id", NUMBER, nullable=False),
        sa.Column("amount_fen", NUMBER, nullable=False),
        sa.Column("reference_kind", sa.String(64), nullable=False),
        sa.Column("reference_key", sa.String(64), nullable=False),
        sa.Column("committed_at", MOMENT, nullable=False),
        sa.Column("released_at", MOMENT, nullable=True),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_fund_commitment_amount")),
        sa.ForeignKeyConstraint(["fund_source_id"], ["fund_source.id"], name=op.f("fk_fund_commitment_fund_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_commitment")),
    )
    op.create_index(op.f("ix_fund_commitment_fund_source_id"), "fund_commitment", ["fund_source_id"])
    op.create_index(op.f("ix_fund_commitment_reference"), "fund_commitment", ["reference_kind", "reference_key"])


def _purchase_order() -> None:
    op.create_table(
        "purchase_order",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("partner_id", NUMBER, nullable=False),
        sa.Column("supply_channel", sa.String(32), nullable=False),
        sa.Column("warehouse_id", NUMBER, nullable=False),
        sa.Column("fund_source_id", NUMBER, nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.Column("approved_by", sa.String(200), nullable=True),
        sa.Column("ordered_on", sa.Date(), nullable=True),
        sa.Column("ordered_by", sa.String(200), nullable=True),
        sa.Column("expected_on", sa.Date(), nullable=False),
        sa.Column("total_fen", NUMBER, nullable=False),
        sa.Column("closing_reason", sa.String(2000), nullable=False),
        sa.Column("legal_basis", sa.String(2000), nullable=False),
        sa.Column("special_reason", sa.String(2000), nullable=False),
        sa.Column("review_by", sa.Date(), nullable=True),
        sa.Column("reviewed_at", MOMENT, nullable=True),
        sa.Column("reviewed_by", sa.String(200), nullable=True),
        sa.Column("review_outcome", sa.String(32), nullable=True),
        sa.Column("review_note", sa.String(2000), nullable=False),
        *_purchase_order_constraints(),
    )
    op.create_index(op.f("ix_purchase_order_state"), "purchase_order", ["state"])


def _purchase_order_constraints() -> list[sa.Constraint]:
    return [
        sa.CheckConstraint(
            "state IN ('DRAFT', 'APPROVED', 'ORDERED', 'PARTLY_RECEIVED', 'RECEIVED', 'CANCELLED')",
            name=op.f("ck_purchase_order_order_state"),
        ),
        sa.CheckConstraint(
            "reviewed_by IS NULL OR reviewed_by <> ordered_by", name=op.f("ck_purchase_order_other_reviewer")
        ),
        sa.CheckConstraint(
            "state NOT IN ('ORDERED', 'PARTLY_RECEIVED', 'RECEIVED') "
            "OR (ordered_on IS NOT NULL AND ordered_by IS NOT NULL)",
            name=op.f("ck_purchase_order_placed"),
        ),
        sa.CheckConstraint("(reviewed_at IS NULL) = (review_outcome IS NULL)", name=op.f("ck_purchase_order_review")),
        sa.CheckConstraint(
            "review_outcome IN ('JUSTIFIED', 'NOT_JUSTIFIED')", name=op.f("ck_purchase_order_review_outcome")
        ),
        sa.CheckConstraint(
            "supply_channel <> 'SPECIAL_HANDLING' "
            "OR (legal_basis <> '' AND special_reason <> '' AND review_by IS NOT NULL)",
            name=op.f("ck_purchase_order_special_handling"),
        ),
        sa.CheckConstraint(
            "supply_channel IN ('MARKET_PURCHASE', 'DONATION', 'PROVINCIAL_ALLOCATION', 'SPECIAL_HANDLING', "
            "'LOCAL_PRODUCTION')",
            name=op.f("ck_purchase_order_supply_channel"),
        ),
        sa.CheckConstraint("total_fen >= 0", name=op.f("ck_purchase_order_total")),
        sa.ForeignKeyConstraint(["fund_source_id"], ["fund_source.id"], name=op.f("fk_purchase_order_fund_source_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_purchase_order_partner_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["facility.id"], name=op.f("fk_purchase_order_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_order")),
        sa.UniqueConstraint("code", name=op.f("uq_purchase_order_code")),
    ]


def _purchase_order_line() -> None:
    op.create_table(
        "purchase_order_line",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("purchase_order_id", NUMBER, nullable=False),
        sa.Column("item_id", NUMBER, nullable=False),
        sa.Column("offer_id", NUMBER, nullable=True),
        sa.Column("ordered_units", NUMBER, nullable=False),
        sa.Column("accepted_units", NUMBER, nullable=False),
        sa.Column("rejected_units", NUMBER, nullable=False),
        sa.Column("unit_price_microyuan", NUMBER, nullable=False),
        sa.Column("reference_price_microyuan", NUMBER, nullable=False),
        sa.CheckConstraint("accepted_units <= ordered_units", name=op.f("ck_purchase_order_line_accepted")),
        sa.CheckConstraint("ordered_units >= 1", name=op.f("ck_purchase_order_line_ordered")),
        sa.CheckConstraint("unit_price_microyuan >= 0", name=op.f("ck_purchase_order_line_price")),
        sa.CheckConstraint("accepted_units >= 0 AND rejected_units >= 0", name=op.f("ck_purchase_order_line_received")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_purchase_order_line_item_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_purchase_order_line_offer_id")),
        sa.ForeignKeyConstraint(
            ["purchase_order_id"], ["purchase_order.id"], name=op.f("fk_purchase_order_line_purchase_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_order_line")),
        sa.UniqueConstraint(
            "purchase_order_id", "item_id", name=op.f("uq_purchase_order_line_purchase_order_id_item_id")
        ),
    )


def _pledge() -> None:
    op.create_table(
        "pledge",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("version", NUMBER, server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("partner_id", NUMBER, nullable=False),
        sa.Column("supply_channel", sa.String(32), nullable=False),
        sa.Column("item_id", NUMBER, nullable=False),
        sa.Column("warehouse_id", NUMBER, nullable=False),
        sa.Column("quantity", NUMBER, nullable=False),
        sa.Column("received_units", NUMBER, nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=False),
        sa.Column("expiry_date", sa.Date(), nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("note", sa.String(2000), nullable=False),
        sa.Column("closing_reason", sa.String(2000), nullable=False),
        sa.CheckConstraint(
            "state IN ('PROMISED', 'CONFIRMED', 'PARTLY_RECEIVED', 'RECEIVED', 'CANCELLED')",
            name=op.f("ck_pledge_pledge_state"),
        ),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_pledge_quantity")),
        sa.CheckConstraint("received_units >= 0 AND received_units <= quantity", name=op.f("ck_pledge_received")),
        sa.CheckConstraint(
            "supply_channel IN ('MARKET_PURCHASE', 'DONATION', 'PROVINCIAL_ALLOCATION', 'SPECIAL_HANDLING', "
            "'LOCAL_PRODUCTION')",
            name=op.f("ck_pledge_supply_channel"),
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_pledge_item_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_pledge_partner_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["facility.id"], name=op.f("fk_pledge_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pledge")),
        sa.UniqueConstraint("code", name=op.f("uq_pledge_code")),
    )
    op.create_index(op.f("ix_pledge_state"), "pledge", ["state"])


def _pledge_earmark() -> None:
    op.create_table(
        "pledge_earmark",
        sa.Column("pledge_id", NUMBER, nullable=False),
        sa.Column("facility_id", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_pledge_earmark_facility_id")),
        sa.ForeignKeyConstraint(["pledge_id"], ["pledge.id"], name=op.f("fk_pledge_earmark_pledge_id")),
        sa.PrimaryKeyConstraint("pledge_id", "facility_id", name=op.f("pk_pledge_earmark")),
    )
