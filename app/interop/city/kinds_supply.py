"""Sheets of partners, funds, policies and opening stock."""

from app.auth import Right
from app.interop.city.columns import Column, Form
from app.interop.city.sheet_kind import (
    ACTIVE,
    CODE,
    NAMES,
    SYNTHETIC,
    SheetKind,
    item_column,
    program_column,
    type_column,
    warehouse_column,
    words_of,
)
from app.partners.types import PartnerKind, SupplyChannel
from app.procurement.types import OverspendRule

PARTNERS = SheetKind(
    name="partners",
    title="Partners",
    prefix="partner",
    fixed=frozenset({"kind"}),
    reads=Right.PROCUREMENT_READ,
    writes=Right.PROCUREMENT_WRITE,
    columns=(
        CODE,
        *NAMES,
        Column(field="kind", title="Kind", form=Form.CHOICE, words=words_of(PartnerKind, "partner"), required=True),
        Column(field="contact", title="Contact"),
        SYNTHETIC,
        ACTIVE,
    ),
)
FUNDS = SheetKind(
    name="funds",
    title="Funds",
    prefix="fund",
    reads=Right.PROCUREMENT_READ,
    writes=Right.FUND_MANAGE,
    columns=(
        CODE,
        *NAMES,
        Column(field="amount_fen", title="Amount in yuan", form=Form.NUMBER, scale=100, required=True),
        Column(
            field="on_overspend",
            title="When it is used up",
            form=Form.CHOICE,
            words=words_of(OverspendRule, "overspend"),
        ),
        Column(field="source", title="Source", width=40),
    ),
)
POLICIES = SheetKind(
    name="policies",
    title="Policies",
    key=("program",),
    reads=Right.PLAN_READ,
    writes=Right.POLICY_WRITE,
    columns=(
        program_column(),
        Column(field="title_zh", title="Title in Chinese", required=True, width=30),
        Column(field="title_en", title="Title in English", width=30, note="May be left empty."),
        Column(field="horizon_days", title="Days of a plan", form=Form.NUMBER, required=True),
        Column(field="firm_days", title="Days promised", form=Form.NUMBER),
        Column(field="max_age_hours", title="Valid for hours", form=Form.NUMBER),
        Column(
            field="history_days",
            title="Days counted back",
            form=Form.NUMBER,
            note="So many days back it counts what was approved and got; 0: none.",
            width=20,
        ),
        Column(field="allows_partial", title="Partial plans may be approved", form=Form.YES_NO),
        Column(field="norm_set", title="Norm set", form=Form.REFERENCE, refers="norm_sets", width=24),
    ),
)
POLICY_BANDS = SheetKind(
    name="policy_bands",
    title="Steps of policies",
    key=("program", "position", "tier"),
    reads=Right.PLAN_READ,
    writes=Right.POLICY_WRITE,
    columns=(
        program_column(),
        Column(field="position", title="Step", form=Form.NUMBER, required=True, note="From 1, in this order."),
        *NAMES,
        Column(field="tier", title="Tier", form=Form.NUMBER, required=True),
        Column(field="cap_permille", title="Up to % of the need", form=Form.NUMBER, scale=10, required=True, width=20),
    ),
)
POLICY_TIERS = SheetKind(
    name="policy_tiers",
    title="Tiers of facility types",
    key=("program", "facility_type"),
    reads=Right.PLAN_READ,
    writes=Right.POLICY_WRITE,
    columns=(
        program_column(),
        type_column(),
        Column(field="tier", title="Tier", form=Form.NUMBER, required=True, note="1 comes first."),
    ),
)
POLICY_RESERVES = SheetKind(
    name="policy_reserves",
    title="Reserves",
    key=("program", "item"),
    weighed_by="item",
    reads=Right.PLAN_READ,
    writes=Right.POLICY_WRITE,
    columns=(
        program_column(),
        item_column(),
        Column(field="quantity", title="Quantity", form=Form.NUMBER, weighed_scale=1000, required=True),
    ),
)
STOCK = SheetKind(
    name="stock",
    title="Opening stock",
    key=("warehouse", "item", "code"),
    weighed_by="item",
    reads=Right.STOCK_READ,
    writes=Right.STOCK_RECEIVE,
    columns=(
        warehouse_column(),
        item_column(),
        Column(field="code", title="Lot", note="May be left empty: one is made.", width=20),
        Column(
            field="quantity",
            title="Quantity",
            form=Form.NUMBER,
            weighed_scale=1000,
            required=True,
            note="In the unit in which the item is counted; of weighed goods kilograms.",
        ),
        Column(field="expiry_date", title="Last day of use", form=Form.DAY),
        Column(field="expiry_unknown", title="Last day not known", form=Form.YES_NO),
        Column(
            field="supply_channel",
            title="Channel",
            form=Form.CHOICE,
            words=words_of(SupplyChannel, "channel"),
            required=True,
        ),
        Column(field="partner", title="Partner", form=Form.REFERENCE, refers="partners"),
        Column(
            field="earmark",
            title="Only for",
            form=Form.REFERENCES,
            refers="facilities",
            width=28,
            note="The only facilities that it may go to; empty: anyone.",
        ),
        Column(field="blocked_reason", title="Blocked because", width=28),
        Column(field="note", title="Note", width=28),
    ),
)
