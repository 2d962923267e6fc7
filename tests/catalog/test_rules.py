"""Names as people type them, what norms support, which substitutions make sense."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.rules import (
    NormRate,
    alias_faults,
    alternatives,
    assessed_units,
    fold_name,
    name_table,
    repeated_faults,
    resolve_names,
    substitution_faults,
)
from app.catalog.types import NormBasis, Program


def rate(basis: NormBasis, milliunits: int) -> NormRate:
    return NormRate(basis=basis, daily_use_milliunits=milliunits, source="test")


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Ｎ９５ 口罩", "n95口罩"),
        ("  N95\t口罩　", "n95口罩"),
        ("７５％酒精", "75%酒精"),
        ("防护服（大号）", "防护服(大号)"),
        ("KN95", "kn95"),
        ("　 ", ""),
    ],
)
def test_names_are_folded(typed: str, folded: str) -> None:
    assert fold_name(typed) == folded


@given(st.text(max_size=60))
def test_folding_does_not_depend_on_spaces_at_the_ends_or_on_case_of_ascii(text: str) -> None:
    assert fold_name(f" {text}\u3000") == fold_name(text)
    assert not any(letter.isspace() for letter in fold_name(text))


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("医用防护口罩 | N95口罩", ("医用防护口罩|n95口罩", "医用防护口罩", "n95口罩")),
        ("防冲击眼罩／护目镜", ("防冲击眼罩/护目镜", "防冲击眼罩", "护目镜")),
        ("防护服", ("防护服",)),
        ("防护服||防护服/", ("防护服||防护服/", "防护服")),
        ("", ()),
        ("|/", ("|/",)),
    ],
)
def test_alternatives_are_split_in_the_order_written(name: str, parts: tuple[str, ...]) -> None:
    assert alternatives(name) == parts


def test_a_name_is_understood_by_its_first_known_alternative_and_the_rest_is_told() -> None:
    table = name_table([("n95口罩", "n95"), ("护目镜", "goggles")], [("防护服", "suit"), ("KN95口罩", "kn95")])
    asked = ["床罩", "医用防护口罩 | N95口罩", "KN95口罩/Ｎ９５口罩/n95 口罩", "床罩", "护目镜"]
    resolved, unmapped = resolve_names(asked, table)
    assert [(one.name, one.item, one.matched, one.other_items) for one in resolved] == [
        ("医用防护口罩 | N95口罩", "n95", "n95口罩", ()),
        ("KN95口罩/Ｎ９５口罩/n95 口罩", "kn95", "kn95口罩", ("n95",)),
        ("护目镜", "goggles", "护目镜", ()),
    ]
    assert unmapped == ("床罩",)


def test_the_whole_name_goes_before_its_alternatives() -> None:
    table = name_table([("眼罩/面屏", "visor"), ("眼罩", "goggles")], [])
    assert resolve_names(["眼罩 / 面屏"], table)[0][0].item == "visor"


def test_an_alias_goes_before_an_items_own_name() -> None:
    table = name_table([("口罩", "surgical")], [("口罩", "disposable")])
    assert table == {"口罩": "surgical"}


def test_a_name_that_two_items_share_means_neither() -> None:
    assert name_table([], [("口罩", "a"), ("口 罩", "b"), ("手套", "c"), ("手套", "c")]) == {"手套": "c"}


@pytest.mark.parametrize(
    ("alias", "code"), [("", "empty_alias"), ("|-/", "empty_alias"), ("口" * 201, "alias_too_long")]
)
def test_names_that_cannot_be_aliases(alias: str, code: str) -> None:
    assert [fault.code for fault in alias_faults(alias)] == [code]


def test_names_that_can_be_aliases() -> None:
    assert alias_faults("口" * 200) == []
    assert alias_faults("n95/kn95") == []


def test_use_is_added_over_the_bases_and_rounded_up_once() -> None:
    norms = [rate(NormBasis.ISOLATION_BED, 2420), rate(NormBasis.STAFF, 1)]
    # 10 beds * 2.42 + 3 staff * 0.001 = 24.203 a day; 7 days: 169.421
    assert assessed_units(norms, {NormBasis.ISOLATION_BED: 10, NormBasis.STAFF: 3}, 7) == 170


@pytest.mark.parametrize(
    ("milliunits", "count", "days", "units"),
    [
        (1000, 5, 3, 15),
        (1, 1, 1, 1),
        (1, 1000, 1, 1),
        (1, 1001, 1, 2),
        (240, 100, 0, 0),
        (0, 100, 7, 0),
        (240, 0, 7, 0),
    ],
)
def test_use_of_one_norm(milliunits: int, count: int, days: int, units: int) -> None:
    assert assessed_units([rate(NormBasis.BED, milliunits)], {NormBasis.BED: count}, days) == units


def test_no_norm_is_not_a_use_of_nothing() -> None:
    assert assessed_units([], {NormBasis.BED: 10}, 7) is None
    assert assessed_units([rate(NormBasis.BED, 1000)], {}, 7) == 0


def test_days_cannot_be_negative() -> None:
    with pytest.raises(ValueError, match="negative"):
        assessed_units([rate(NormBasis.BED, 1000)], {NormBasis.BED: 1}, -1)


@given(st.lists(st.tuples(st.integers(0, 10**8), st.integers(0, 10**8)), min_size=1, max_size=5), st.integers(0, 3660))
def test_the_use_is_the_least_whole_number_that_suffices(figures: list[tuple[int, int]], days: int) -> None:
    bases = list(NormBasis)
    norms = [rate(bases[n], milliunits) for n, (milliunits, _) in enumerate(figures)]
    counts = {bases[n]: count for n, (_, count) in enumerate(figures)}
    units = assessed_units(norms, counts, days)
    exact_milliunits = days * sum(milliunits * count for milliunits, count in figures)
    assert units is not None
    assert 0 <= units * 1000 - exact_milliunits < 1000
    assert units < 2**63


def test_a_substitution_needs_two_items_of_one_program() -> None:
    def codes(item: str, program: Program, other: str, other_program: Program) -> list[str]:
        faults = substitution_faults(item=item, item_program=program, serves_item=other, serves_program=other_program)
        return [fault.code for fault in faults]

    assert codes("kn95", Program.MEDICAL, "n95", Program.MEDICAL) == []
    assert codes("n95", Program.MEDICAL, "n95", Program.MEDICAL) == ["same_item"]
    assert codes("kn95", Program.MEDICAL, "rice", Program.LIVING) == ["other_program"]


def test_every_repeat_in_a_list_is_named() -> None:
    faults = repeated_faults(["a", "b", "a", "a"], "facility_types")
    assert [(fault.where, fault.params["key"]) for fault in faults] == [
        ("facility_types.2", "a"),
        ("facility_types.3", "a"),
    ]
