"""Sheets of the catalogue: facility types, items, their units and names, substitutions, norms."""

from app.catalog.types import NormBasis
from app.interop.city.columns import Column, Form
from app.interop.city.sheet_kind import (
    ACTIVE,
    CODE,
    MM3,
    NAMES,
    PER_UNIT,
    SOURCE,
    UNITS,
    YUAN,
    SheetKind,
    item_column,
    program_column,
    type_column,
    words_of,
)

FACILITY_TYPES = SheetKind(
    name="facility_types",
    title="Facility types",
    prefix="type",
    fixed=frozenset({"keeps_stock"}),
    columns=(CODE, *NAMES, Column(field="keeps_stock", title="Is a warehouse", form=Form.YES_NO)),
)
ITEMS = SheetKind(
    name="items",
    title="Catalogue of items",
    prefix="item",
    weighed_by="base_unit",
    fixed=frozenset({"program", "base_unit"}),
    columns=(
        CODE,
        *NAMES,
        program_column(),
        Column(
            field="base_unit",
            title="Counted in",
            form=Form.CHOICE,
            words=UNITS,
            required=True,
            note="Weighed goods are in kilograms in the whole workbook.",
        ),
        Column(field="product_grade", title="Grade", note="Such as the standard that it meets."),
        Column(field="use_group", title="Use", note="Items of one use have a rank among themselves."),
        Column(field="grade_rank", title="Rank", form=Form.NUMBER, note="1 is the best."),
        Column(
            field="pack_units",
            title="Smallest pack",
            form=Form.NUMBER,
            weighed_scale=1000,
            note="How much is in the smallest package that is issued.",
        ),
        Column(field="shelf_life_days", title="Shelf life in days", form=Form.NUMBER),
        Column(field="cold_chain", title="Cold chain", form=Form.YES_NO),
        Column(
            field="durable",
            title="Used again and again",
            form=Form.YES_NO,
            note="Such as thermometers: a need for it stays until it is met.",
        ),
        Column(
            field="volume_mm3_per_unit",
            title="Volume in cubic centimetres",
            form=Form.NUMBER,
            scale=MM3,
            weighed_scale=1,
            note=PER_UNIT,
        ),
        Column(
            field="value_microyuan_per_unit",
            title="Value in yuan",
            form=Form.NUMBER,
            scale=YUAN,
            weighed_scale=YUAN // 1000,
            note=PER_UNIT,
        ),
        ACTIVE,
    ),
)
ITEM_UNITS = SheetKind(
    name="item_units",
    title="Units of items",
    key=("item", "name_zh"),
    weighed_by="item",
    columns=(
        item_column(),
        *NAMES,
        Column(
            field="base_units",
            title="How much is in one",
            form=Form.NUMBER,
            weighed_scale=1000,
            required=True,
            note="In the unit in which the item is counted; of weighed goods kilograms.",
        ),
    ),
)
ITEM_ALIASES = SheetKind(
    name="item_aliases",
    title="Other names of items",
    key=("alias",),
    columns=(Column(field="alias", title="Other name", required=True, width=30), item_column()),
)
SUBSTITUTIONS = SheetKind(
    name="substitutions",
    title="Substitutions",
    key=("item", "serves_item"),
    weighed_by="item",
    columns=(
        item_column(),
        item_column("Serves a need for", "serves_item"),
        Column(
            field="ratio_permille",
            title="Serves how much of it",
            form=Form.NUMBER,
            scale=1000,
            note="Units of the need that one unit serves: 1, or 0.5.",
        ),
        Column(
            field="penalty_microyuan_per_unit",
            title="Penalty in yuan",
            form=Form.NUMBER,
            scale=YUAN,
            weighed_scale=YUAN // 1000,
            note=PER_UNIT,
        ),
        Column(
            field="facility_types",
            title="At facilities of these types",
            form=Form.REFERENCES,
            refers="facility_types",
            required=True,
            width=40,
        ),
    ),
)
NORM_SETS = SheetKind(name="norm_sets", title="Norm sets", prefix="norms", columns=(CODE, *NAMES, SOURCE))
NORMS = SheetKind(
    name="norms",
    title="Norms",
    key=("norm_set", "facility_type", "item", "basis"),
    weighed_by="item",
    columns=(
        Column(field="norm_set", title="Norm set", form=Form.REFERENCE, refers="norm_sets", required=True, width=24),
        type_column(),
        item_column(),
        Column(field="basis", title="For each", form=Form.CHOICE, words=words_of(NormBasis, "basis"), required=True),
        Column(
            field="daily_use_milliunits",
            title="Use a day",
            form=Form.NUMBER,
            scale=1000,
            weighed_scale=1_000_000,
            required=True,
            note="In the unit in which the item is counted; of weighed goods kilograms.",
        ),
        SOURCE,
    ),
)
