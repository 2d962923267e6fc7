"""Names, repeats, listing: no line of a file is lost, and the problem holds what was taken."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import InvalidInputError
from app.interop.mapping import SortedNeeds, sort_needs
from app.interop.names import catalogue_names, read_aliases, shipped_names
from app.interop.needs import NeedFile, StatedNeed, WhyListed
from app.interop.needs_problem import build_problem
from app.interop.stock_table import read_assumed_quantities, read_stock, read_tier_rules, tier_of
from solver import parse_problem

START, LAST = date(2020, 1, 31), date(2020, 2, 6)
NAMES = shipped_names()


def need(
    place: str,
    item: str = "防护服",
    quantity: int | None = 10,
    *,
    facility: str = "甲医院",
    district: str = "",
    by: date | None = None,
) -> StatedNeed:
    return StatedNeed(
        place=place,
        facility=facility,
        district=district,
        item_name=item,
        quantity=quantity,
        needed_by=by,
        reason="",
    )


def sort(*needs: StatedNeed, **options: object) -> SortedNeeds:
    file = NeedFile(records=len(needs), needs=needs, without_needs=())
    return sort_needs(file, NAMES, needed_by=LAST, last_day=LAST, **options)


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("医用防护口罩 | N95口罩", "medical-respirator"),
        ("医用防护口罩|Ｎ９５口罩", "medical-respirator"),
        ("N95 口罩", "kn95-respirator"),
        ("防冲击眼罩/护目镜/防护眼镜", "goggles"),
        ("某牌 / 护目镜", "goggles"),
        ("protective-suit", "protective-suit"),
    ],
)
def test_a_name_is_understood_whatever_its_width_and_spaces(name: str, item: str) -> None:
    assert NAMES.meanings([name])[name].item == item


def test_a_name_with_two_meanings_says_so() -> None:
    assert NAMES.meanings(["医用防护口罩 | N95口罩"]).popitem()[1].other_items == ("kn95-respirator",)


def test_an_operators_alias_goes_before_the_shipped_one(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("alias,item\nN95口罩,medical-respirator\n空气消毒设备,air-disinfector\n", encoding="utf-8")
    names = shipped_names(read_aliases(path))
    assert names.meanings(["N95口罩"])["N95口罩"].item == "medical-respirator"
    assert names.meanings(["空气消毒设备"])["空气消毒设备"].item == "air-disinfector"


def test_every_fault_of_an_alias_table_is_told(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("alias,item\n,cap\n帽,cap\n 帽 ,cap\n靴,no such item\n", encoding="utf-8")
    with pytest.raises(InvalidInputError) as refusal:
        read_aliases(path, item_exists={"cap"}.__contains__)
    assert [(fault.code, fault.where) for fault in refusal.value.faults] == [
        ("empty_alias", "rows.2.alias"),
        ("repeated", "rows.4.alias"),
        ("unknown_item", "rows.5.item"),
    ]


def test_a_catalogue_knows_shipped_names_only_of_items_that_it_has() -> None:
    names = catalogue_names({"防护服": "my-suit", "帽子": "cap"}, {"my-suit", "cap"})
    understood = names.meanings(["防护服", "圆帽", "帽子", "护目镜"])
    assert {name: meaning.item for name, meaning in understood.items()} == {
        "防护服": "my-suit",
        "圆帽": "cap",
        "帽子": "cap",
    }


def test_what_cannot_be_taken_is_listed_with_its_reason() -> None:
    needs = sort(
        need("1"),
        need("2", "魔法棒"),
        need("3", "护目镜", None),
        need("4", "圆帽", by=date(2020, 2, 7)),
        need("5", quantity=30),
    )
    assert [one.place for one in needs.taken] == ["5"]
    assert [(one.place, one.why) for one in needs.listed] == [
        ("2", WhyListed.UNKNOWN_ITEM),
        ("3", WhyListed.NO_QUANTITY),
        ("4", WhyListed.BEYOND_HORIZON),
        ("1", WhyListed.REPEATED),
    ]


def test_a_stated_quantity_goes_before_a_larger_assumed_one() -> None:
    needs = sort(need("1", quantity=None), need("2", quantity=5), assumed_quantities={"protective-suit": 99})
    assert [(one.place, one.quantity, one.assumed) for one in needs.taken] == [("2", 5, False)]


def test_namesakes_in_two_districts_are_two_facilities() -> None:
    needs = sort(need("1", facility="红十字会", district="甲区"), need("2", facility="红十字会", district="乙区"))
    problem = build_problem(needs.taken, (), read_tier_rules(), start=START, days=7)
    assert [one["id"] for one in problem["facilities"]] == ["红十字会 (乙区)", "红十字会 (甲区)"]


stated = st.builds(
    need,
    st.just(""),
    st.sampled_from(["防护服", "护目镜", "圆帽", "?"]),
    st.none() | st.integers(1, 10**12),
    facility=st.sampled_from(["甲医院", "乙疾控", "长" * 200]),
    district=st.sampled_from(["", "甲区", "区" * 200]),
    by=st.none() | st.dates(date(2020, 1, 1), date(2020, 3, 1)),
)


@given(st.lists(stated, max_size=30))
def test_no_line_is_lost_and_the_problem_is_proper(drawn: list[StatedNeed]) -> None:
    needs = [
        need(f"rows.{n}", one.item_name, one.quantity, facility=one.facility, district=one.district, by=one.needed_by)
        for n, one in enumerate(drawn)
    ]
    outcome = sort(*needs, assumed_quantities={"goggles": 7})
    assert sorted(one.place for one in (*outcome.taken, *outcome.listed)) == sorted(one.place for one in needs)
    problem = parse_problem(build_problem(outcome.taken, (), read_tier_rules(), start=START, days=7))
    assert sum(demand.quantity for demand in problem.demands) == sum(one.quantity for one in outcome.taken)


def test_stock_is_read_with_packs_and_expiry_and_expired_lots_count_nothing(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text(
        "批次,物资,数量,包装,有效期\nA,防护服,10,5,2020-01-30\nB,protective-suit,20,5,2020-02-01\n"
        "C,cap,0,,\nD,cap,7,1,2030-01-01\n",
        encoding="gb18030",
    )
    problem = build_problem((), read_stock(path, NAMES, near=START), (), start=START, days=7)
    assert problem["items"] == [{"id": "cap", "pack": 1}, {"id": "protective-suit", "pack": 5}]
    assert [(one["id"], one["quantity"], one.get("until")) for one in problem["supplies"]] == [
        ("A", 0, None),
        ("B", 20, 1),
        ("C", 0, None),
        ("D", 7, None),
    ]


def test_every_fault_of_a_stock_table_is_told(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text(
        "lot,item,quantity,pack,expiry\n-,cap,-1,0,2020-13-01\nA,魔法棒,x,1,\nB,cap,1,2,\nB,cap,1,2,\nC,cap,1,3,\n",
        encoding="utf-8",
    )
    with pytest.raises(InvalidInputError) as refusal:
        read_stock(path, NAMES, near=START)
    assert [(fault.code, fault.where) for fault in refusal.value.faults] == [
        ("lot_code", "rows.2.lot"),
        ("out_of_bounds", "rows.2.pack"),
        ("date_type", "rows.2.expiry"),
        ("out_of_bounds", "rows.2.quantity"),
        ("unknown_item", "rows.3.item"),
        ("int_type", "rows.3.quantity"),
        ("other_pack", "rows.4.pack"),
        ("repeated", "rows.5.lot"),
        ("other_pack", "rows.6.pack"),
    ]


def test_assumed_quantities_need_a_number_each(tmp_path: Path) -> None:
    path = tmp_path / "assumed.csv"
    path.write_text("item,quantity\n护目镜,0\ngoggles,5\n", encoding="utf-8")
    with pytest.raises(InvalidInputError) as refusal:
        read_assumed_quantities(path, NAMES)
    assert [fault.where for fault in refusal.value.faults] == ["rows.2.quantity", "rows.3.item"]


@pytest.mark.parametrize(
    ("facility", "tier"),
    [("黄石市中医医院（市传染病医院）", 1), ("石牌岭方舱医院", 1), ("随县疾病预防控制中心", 2), ("白洋镇卫生院", 3)],
)
def test_the_shipped_rule_reads_tiers_from_names(facility: str, tier: int) -> None:
    assert tier_of(facility, read_tier_rules()) == tier
