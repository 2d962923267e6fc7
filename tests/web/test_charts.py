"""Charts: places follow values, texts stay texts within the picture."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest
import typst
from hypothesis import given
from hypothesis import strategies as st

from app.web.kit.charts import (
    Bar,
    Chart,
    FanDay,
    Group,
    Level,
    Line,
    Mark,
    Tile,
    fan_chart,
    grouped_bars,
    line_chart,
    round_ticks,
    scale_for,
    stacked_bars,
    tile_map,
)
from app.web.kit.charts.svg import shortened, text_width

SVG = "{http://www.w3.org/2000/svg}"
FIRST = date(2020, 1, 20)
LONG = "A very long name of an item, 非常长的名称 <b>&\"'"


def count(value: float) -> str:
    return f"{value:,.0f}"


def by_day(*values: float | None) -> list[tuple[date, float | None]]:
    return [(FIRST + timedelta(number), value) for number, value in enumerate(values)]


def stacks() -> Chart:
    bars = [Bar("Gown", (0.3, 0.2), "50%"), Bar("Gown", (0.1, 0.0), "10%"), Bar(LONG, (0.0, 1.0), "100%")]
    return stacked_bars(bars, ["floor", LONG], title="Stacks")


def groups() -> Chart:
    of = [Group("Tier 1", ((0.3, "30%"), (None, "–"))), Group(LONG, ((1.0, "100%"), (0.0, "0%")))]
    return grouped_bars(of, ["plan", LONG], title="Groups")


def amounts() -> Chart:
    bars = [Bar("Masks", (120_000.0, 35_000.0), "155,000"), Bar("Gowns", (9_000.0, 0.0), "9,000")]
    return stacked_bars(bars, ["stock", "coming"], title="Amounts", scale=scale_for([155_000], count))


def tiles() -> Chart:
    of = [Tile("Lusong", 2, 2, 0.1), Tile(LONG, 3, 2, 1.0), Tile("none", 5, 4, None)]
    return tile_map(of, title="Tiles", nothing="—")


def lines() -> Chart:
    of = [
        Line("Mean", by_day(0.5, 0.4, 1.0), strong=True),
        Line(LONG, by_day(0.5, None, 0.98)),
        Line("c", by_day(0, 0)),
    ]
    return line_chart(of, title="Lines", levels=[Level("Reserve", 0.97)], mark=Mark("Today", FIRST), steps=True)


def fan() -> Chart:
    foreseen = [
        FanDay(FIRST + timedelta(day), 4 + day, ((4, 4 + 2 * day), (4 - day / 2, 4 + 3 * day))) for day in (3, 4, 5)
    ]
    return fan_chart(
        Line("Price", by_day(3, None, 4)),
        foreseen,
        title="Fan",
        middle_name="Forecast",
        today_name="Today",
        interval_names=("50 %", "80 %"),
        scale=scale_for([3, 19], count, from_zero=False),
        levels=[Level("Alarm", 12)],
    )


CHARTS: list[Callable[[], Chart]] = [stacks, groups, amounts, tiles, lines, fan]
EACH = pytest.mark.parametrize("draw", CHARTS, ids=lambda draw: draw.__name__)


def read(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def all_of(svg: str, name: str, paint: str = "") -> list[ElementTree.Element]:
    found = read(svg).iter(SVG + name)
    return [one for one in found if not paint or f"paint-{paint}" in one.get("class", "").split()]


def number(element: ElementTree.Element, name: str) -> float:
    return float(element.get(name, "nan"))


@EACH
def test_a_chart_says_what_it_shows_to_those_who_cannot_see_it(draw: Callable[[], Chart]) -> None:
    for svg in (draw().wide, draw().narrow):
        root = read(svg)
        assert root.get("role") == "img"
        assert [child.tag.removeprefix(SVG) for child in root][:2] == ["title", "desc"]
        title, told = root[0].text, root[1].text
        assert title == draw.__name__.capitalize()
        assert told
        assert re.search(r"\d", told)


@EACH
def test_nothing_sticks_out_and_no_number_is_broken(draw: Callable[[], Chart]) -> None:
    for svg in (draw().wide, draw().narrow):
        root = read(svg)
        width, height = number(root, "width"), number(root, "height")
        assert root.get("viewBox") == f"0 0 {width:g} {height:g}"
        assert "nan" not in svg.lower()
        for rect in all_of(svg, "rect"):
            x, y = number(rect, "x"), number(rect, "y")
            assert 0 <= x <= x + number(rect, "width") <= width + 4.1
            assert 0 <= y <= y + number(rect, "height") <= height
        for text in all_of(svg, "text"):
            assert text.text
            wide = text_width(text.text, number(text, "font-size"))
            left = number(text, "x") - {"start": 0, "middle": wide / 2, "end": wide}[text.get("text-anchor", "")]
            assert -8 <= left <= left + wide <= width + 12, text.text
            assert 8 <= number(text, "y") <= height


@EACH
def test_a_document_can_embed_it(draw: Callable[[], Chart]) -> None:
    source = b'#set page(width: 200mm, height: auto)\n#image(bytes(sys.inputs.chart), format: "svg", alt: "c")'
    assert typst.compile(source, sys_inputs={"chart": draw().wide}).startswith(b"%PDF")


def test_a_page_holds_both_pictures_where_they_differ() -> None:
    page = stacks().__html__()
    assert (page.count("<svg "), page.count('data-for="wide"'), page.count('data-for="narrow"')) == (2, 1, 1)
    assert tiles().__html__().count("<svg ") == 1


def test_texts_are_escaped() -> None:
    for draw in CHARTS:
        assert "<b>" not in draw().__html__()
    told = read(stacks().wide)[1].text
    assert told is not None
    assert LONG in told


def test_two_bars_with_one_label_stay_two() -> None:
    for svg in (stacks().wide, stacks().narrow):
        labels = [text.text for text in all_of(svg, "text")]
        assert labels.count("Gown") == 2
        first, second = (number(rect, "width") for rect in all_of(svg, "rect", "band-1")[1:])
        assert first / second == pytest.approx(3, rel=0.05)


def test_the_parts_of_a_bar_follow_each_other_on_its_scale() -> None:
    for svg in (amounts().wide, amounts().narrow):
        empty = all_of(svg, "rect", "empty")[0]
        stock, coming = all_of(svg, "rect", "band-1")[1], all_of(svg, "rect", "band-2")[1]
        whole, left = number(empty, "width"), number(empty, "x")
        assert number(stock, "x") == left
        assert number(coming, "x") == pytest.approx(left + whole * 0.6, abs=0.2)
        end = number(coming, "x") + number(coming, "width")
        assert end == pytest.approx(left + whole * 155 / 200, abs=1.2)
        assert [text.text for text in all_of(svg, "text", "muted")] == ["0", "50,000", "100,000", "150,000", "200,000"]


def test_pointing_at_a_bar_tells_its_parts() -> None:
    titles = [title.text for title in all_of(stacks().wide, "title")]
    assert f"Gown: 50% (floor 30%, {LONG} 20%)" in titles
    assert "Tier 1, plan: 30%" in [title.text for title in all_of(groups().wide, "title")]


def test_a_missing_value_has_no_bar() -> None:
    for svg in (groups().wide, groups().narrow):
        assert len(all_of(svg, "rect", "before")) - 1 == 2
        assert len(all_of(svg, "rect", "series-1")) - 1 == 1, "the other one is missing"
        assert "–" in [text.text for text in all_of(svg, "text")]


def test_tiles_lie_as_on_the_map_in_the_colour_of_their_share() -> None:
    svg = tiles().wide
    places = {
        rect[0].text: (number(rect, "x"), number(rect, "y"), rect.get("class"))
        for rect in all_of(svg, "rect")
        if len(rect)
    }
    assert places["Lusong: 10%"] == (0, 0, "fill paint-share-1")
    assert places[f"{LONG}: 100%"] == (98, 0, "fill paint-share-5")
    assert places["none: —"] == (294, 196, "fill paint-empty")
    assert [
        all_of(tile_map([Tile("t", 0, 0, share)], title="t", nothing="—").wide, "rect")[0].get("class", "")[-1]
        for share in (0, 0.199, 0.2, 0.6, 0.799, 0.8, 1, 1.3)
    ] == list("11244555")


def test_a_line_begins_anew_after_a_gap_and_holds_its_value_in_steps() -> None:
    ways = {path.get("class"): path.get("d", "") for path in all_of(lines().wide, "path")}
    strong, gapped = ways["line paint-series-1"], ways["line paint-series-2"]
    assert (strong.count("M"), strong.count("H"), strong.count("V")) == (1, 2, 2)
    assert (gapped.count("M"), gapped.count("H")) == (2, 0)
    flat = line_chart([Line("a", by_day(0, 0.5, 1))], title="t").wide
    corners = [
        tuple(map(float, pair)) for pair in re.findall(r"[ML]([\d.]+) ([\d.]+)", all_of(flat, "path")[0].get("d", ""))
    ]
    assert len(corners) == 3
    (x0, y0), (x1, y1), (x2, y2) = corners
    assert (x1 - x0, y0 - y1) == pytest.approx((x2 - x1, y1 - y2), abs=0.11)
    assert y0 - y2 == pytest.approx(220)


def test_names_at_the_ends_of_lines_do_not_cover_each_other() -> None:
    for end in (0.0, 0.5, 1.0):
        of = [Line(f"line {position}", by_day(0.5, end)) for position in range(6)]
        svg = line_chart(of, title="t", levels=[Level("level", end)]).wide
        heights = sorted(
            number(text, "y") for text in all_of(svg, "text") if (text.text or "").startswith(("li", "le"))
        )
        assert len(heights) == 7
        assert all(below - above >= 14.9 for above, below in pairwise(heights))
        assert heights[-1] < number(read(svg), "height") - 15


def test_one_day_and_values_that_are_all_the_same_can_be_drawn() -> None:
    for chart in (
        line_chart([Line("a", by_day(0.4))], title="t"),
        line_chart([Line("a", by_day(None, None))], title="t"),
        line_chart([Line("a", by_day(7, 7))], title="t", scale=scale_for([7, 7], count, from_zero=False)),
        fan_chart(
            Line("a", []),
            [FanDay(FIRST, 0, ())],
            title="t",
            middle_name="m",
            today_name="n",
            interval_names=(),
            scale=scale_for([0], count),
        ),
        stacked_bars([], ["a", "b"], title="t"),
        grouped_bars([], ["a"], title="t"),
        tile_map([], title="t", nothing="—"),
    ):
        assert "nan" not in chart.wide.lower()
        read(chart.wide)


def test_a_fan_opens_from_the_last_value_that_was_seen() -> None:
    for svg in (fan().wide, fan().narrow):
        inner, outer = all_of(svg, "polygon", "band-3")[0], all_of(svg, "polygon", "band-4")[0]
        corners = [
            [tuple(map(float, pair.split(","))) for pair in one.get("points", "").split()] for one in (inner, outer)
        ]
        (start, *_), (outer_start, *_) = corners
        assert start == outer_start == corners[0][-1], "certain when it was seen"
        for (x, y), (outer_x, outer_y) in zip(corners[0][1:4], corners[1][1:4], strict=True):
            assert x == outer_x
            assert outer_y < y, "the upper edge of the wider interval is above"
        for (_, y), (_, outer_y) in zip(corners[0][4:7], corners[1][4:7], strict=True):
            assert outer_y >= y
        order = [one.get("class") for one in all_of(svg, "polygon")]
        assert order == ["fill paint-band-4", "fill paint-band-3"], "the narrow one lies on the wide one"
        seen, middle = (
            next(path.get("d", "") for path in all_of(svg, "path", paint)) for paint in ("series-1", "band-2")
        )
        assert seen.count("M") == 2
        assert middle.startswith(f"M{start[0]} {start[1]}")
        assert "2020-01-23: 7 (50 % 4–10, 80 % 2–13)" in [title.text for title in all_of(svg, "title")]


def test_days_are_written_as_many_as_there_is_room_for() -> None:
    for days in (1, 5, 12, 31, 90, 365, 800):
        chart = line_chart([Line("a", by_day(*[0.5] * days))], title="t")
        for svg, most in ((chart.wide, 16), (chart.narrow, 7)):
            ticks = [text for text in all_of(svg, "text") if re.fullmatch(r"\d\d-\d\d", text.text or "")]
            assert 1 <= len(ticks) <= most
            assert all(number(two, "x") - number(one, "x") > 40 for one, two in pairwise(ticks))


@given(low=st.floats(-1e9, 1e9), span=st.floats(1e-6, 1e9), many=st.integers(2, 12), whole=st.booleans())
def test_ticks_are_round_and_hold_all_values(low: float, span: float, many: int, whole: bool) -> None:
    high = low + span
    ticks = round_ticks(low, high, count=many, whole=whole)
    slack = 1e-6 * max(abs(low), abs(high), span)
    assert ticks[0] <= low + slack
    assert high - slack <= ticks[-1]
    assert 2 <= len(ticks) <= 2 * many + 3
    steps = [two - one for one, two in pairwise(ticks)]
    assert min(steps) > 0
    assert max(steps) == pytest.approx(min(steps), rel=1e-3, abs=slack)
    if whole:
        assert all(tick == round(tick) for tick in ticks)


@pytest.mark.parametrize(
    ("low", "high", "whole", "ticks"),
    [
        (0, 1, False, (0, 0.5, 1)),
        (0, 155_000, True, (0, 50_000, 100_000, 150_000, 200_000)),
        (0, 3, True, (0, 1, 2, 3)),
        (0, 0, True, (0, 1)),
        (3.1, 4.2, False, (3.0, 3.5, 4.0, 4.5)),
        (-40, 60, True, (-50, 0, 50, 100)),
    ],
)
def test_ticks_as_a_person_would_choose_them(low: float, high: float, whole: bool, ticks: tuple[float, ...]) -> None:
    assert round_ticks(low, high, whole=whole) == ticks


def test_long_texts_end_with_an_ellipsis() -> None:
    assert shortened("short", 100) == "short"
    cut = shortened(LONG, 120)
    assert cut.endswith("…")
    assert text_width(cut) <= 120
    assert LONG.startswith(cut[:-1])
