"""Lines over days, and fans: a forecast with its intervals behind what was seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from app.web.kit.charts.bars import NARROW
from app.web.kit.charts.scales import SHARES, Days, Scale
from app.web.kit.charts.svg import (
    SMALL_SIZE,
    Chart,
    Entry,
    element,
    fill,
    legend,
    line,
    picture,
    rect,
    rule,
    shortened,
    text,
    text_width,
)

SERIES = ("series-1", "series-2", "series-3", "series-4", "series-5", "series-6", "series-7")
DASHES = ("", "", "", "6 3", "6 3", "2 3", "2 3")
LEVEL, LEVEL_DASHES = "ink", "8 4"
NAMES_WIDTH_MAX = 170
SHADES = ("band-3", "band-4", "band-5")
HEIGHT = 220
POINTS_SHOWN_MAX = 16
"""A line of more values has points that cannot be seen: pointing at them tells the value."""

Values = Sequence[tuple[date, float | None]]
"""Values by day, in order; None leaves a gap."""


@dataclass(frozen=True, slots=True)
class Line:
    """A series by its name; `strong` is drawn thicker than the others."""

    name: str
    values: Values
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line that is looked for: an empty store, a reserve."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at a day, with its name: today."""

    name: str
    day: date


@dataclass(frozen=True, slots=True)
class FanDay:
    """What is foreseen for a day: the middle, and intervals from the narrowest to the widest."""

    day: date
    middle: float
    intervals: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class _Frame:
    """The inner part of a chart: days along its width, a scale along its height from `top` down."""

    days: Days
    scale: Scale
    top: float

    @property
    def bottom(self) -> float:
        return self.top + HEIGHT

    def y(self, value: float) -> float:
        return self.bottom - HEIGHT * min(1.0, max(0.0, self.scale.part(value)))

    def at(self, day: date, value: float) -> tuple[float, float]:
        return self.days.place(day), self.y(value)

    def drawn(self, mark: Mark | None) -> list[Markup]:
        """Horizontal lines at the ticks, the days below, and the mark."""
        left, right = self.days.left, self.days.left + self.days.width
        parts = []
        for tick in self.scale.ticks:
            y = self.y(tick)
            parts.append(rule(left, y, right, y))
            parts.append(text(self.scale.written(tick), left - 7, y + 4, paint="muted", size=SMALL_SIZE, anchor="end"))
        for day in self.days.ticks():
            x = self.days.place(day)
            parts.append(rule(x, self.bottom, x, self.bottom + 4))
            at_day = text(f"{day:%m-%d}", x, self.bottom + 17, paint="muted", size=SMALL_SIZE, anchor="middle")
            parts.append(at_day)
        if mark is not None and self.days.first <= mark.day <= self.days.last:
            x = self.days.place(mark.day)
            is_right = x > right - text_width(mark.name, SMALL_SIZE) - 8
            place, anchor = (x - 5, "end") if is_right else (x + 5, "start")
            parts.append(rule(x, self.top - 6, x, self.bottom, paint="muted", dashes="3 3"))
            parts.append(text(mark.name, place, self.top + 3, paint="muted", size=SMALL_SIZE, anchor=anchor))
        return parts


def _frame(days: Sequence[date], scale: Scale, width: float, top: float, names_width: float) -> _Frame:
    left = max(text_width(scale.written(tick), SMALL_SIZE) for tick in scale.ticks) + 9
    right = max(names_width, 18)
    return _Frame(Days(min(days), max(days), left, width - left - right), scale, top)


def _path(frame: _Frame, values: Values, *, steps: bool) -> str:
    """The way of a line; it begins anew after a gap. With steps each value holds until the next day."""
    way, before = list[str](), None
    for day, value in values:
        if value is None:
            before = None
            continue
        x, y = frame.at(day, value)
        if before is None:
            way.append(f"M{x:.1f} {y:.1f}")
        else:
            way.append(f"H{x:.1f}V{y:.1f}" if steps else f"L{x:.1f} {y:.1f}")
        before = value
    return "".join(way)


def _drawn_line(frame: _Frame, one: Line, paint: str, dashes: str, *, steps: bool) -> Markup:
    width = 3 if one.strong else 1.8
    dashed = {"stroke-dasharray": dashes} if dashes else {}
    drawn = [element("path", d=_path(frame, one.values, steps=steps), attributes={**line(paint, width), **dashed})]
    known = [(day, value) for day, value in one.values if value is not None]
    points = []
    for day, value in known:
        x, y = frame.at(day, value)
        told = element("title", f"{one.name}, {day.isoformat()}: {frame.scale.written(value)}")
        points.append(element("circle", told, attributes=fill(paint), cx=x, cy=y, r=width + 0.9))
    hidden = {} if len(known) <= POINTS_SHOWN_MAX else {"opacity": 0}
    return element("g", *drawn, element("g", *points, attributes=hidden))


def _names(frame: _Frame, lines: Sequence[Line], levels: Sequence[Level], width: float) -> list[Markup]:
    """The name of each line at its end; names that would cover each other move apart, and then up from the bottom."""
    ends = [(frame.y(level.value), level.name, LEVEL) for level in levels]
    for one, paint in zip(lines, SERIES, strict=False):
        known = [value for _, value in one.values if value is not None]
        if known:
            ends.append((frame.y(known[-1]), one.name, paint))
    ends.sort(key=lambda end: end[0])
    places = [y for y, _, _ in ends]
    for position in range(1, len(places)):
        places[position] = max(places[position], places[position - 1] + 15)
    for position in reversed(range(len(places))):
        below = places[position + 1] - 15 if position + 1 < len(places) else frame.bottom + 2
        places[position] = min(places[position], below)
    x = frame.days.left + frame.days.width + 9
    parts = []
    for place, (y, name, paint) in zip(places, ends, strict=True):
        parts.append(rule(x - 7, y, x - 1, place, paint=paint))
        parts.append(text(shortened(name, width - x, SMALL_SIZE), x + 1, place + 4, paint=paint, size=SMALL_SIZE))
    return parts


def line_chart(
    lines: Sequence[Line],
    *,
    title: str,
    scale: Scale = SHARES,
    levels: Sequence[Level] = (),
    mark: Mark | None = None,
    steps: bool = False,
    width: float = 700,
) -> Chart:
    """Lines by day; with steps, each value holds until the next. There must be at least one day."""
    days = [day for one in lines for day, _ in one.values]
    told = " · ".join(f"{one.name} {_last(one, scale)}" for one in lines)
    drawn_as = list(zip(lines, SERIES, DASHES, strict=False))
    names = [Entry(one.name, paint, is_line=True, dashes=dashes) for one, paint, dashes in drawn_as]
    names += [_level_entry(level) for level in levels]
    pictures = []
    for room in (width, NARROW):
        narrow = room <= NARROW
        parts, top = legend(names if narrow else [], room)
        widest = max(text_width(entry.name, SMALL_SIZE) for entry in names) + 14
        frame = _frame(days, scale, room, top + 8, 0 if narrow else min(NAMES_WIDTH_MAX, widest))
        parts += frame.drawn(mark)
        parts += _drawn_levels(frame, levels)
        for one, paint, dashes in reversed(drawn_as):
            parts.append(_drawn_line(frame, one, paint, dashes, steps=steps))
        if not narrow:
            parts += _names(frame, lines, levels, room)
        pictures.append(picture(parts, room, frame.bottom + 24, title=title, told=told))
    return Chart(*pictures)


def _last(one: Line, scale: Scale) -> str:
    known = [value for _, value in one.values if value is not None]
    return scale.written(known[-1]) if known else "–"


def _drawn_levels(frame: _Frame, levels: Sequence[Level]) -> list[Markup]:
    left, right = frame.days.left, frame.days.left + frame.days.width
    heights = [frame.y(level.value) for level in levels]
    return [rule(left, y, right, y, paint=LEVEL, width=1.5, dashes=LEVEL_DASHES) for y in heights]


def _level_entry(level: Level) -> Entry:
    return Entry(level.name, LEVEL, is_line=True, dashes=LEVEL_DASHES)


def fan_chart(
    seen: Line,
    foreseen: Sequence[FanDay],
    *,
    title: str,
    middle_name: str,
    today_name: str,
    interval_names: Sequence[str],
    scale: Scale,
    levels: Sequence[Level] = (),
    width: float = 700,
) -> Chart:
    """What was seen until today, and what is foreseen: a line in the middle of intervals, the widest palest.

    `interval_names` are in the order of the intervals, from the narrowest to the widest.
    """
    days = [*(day for day, _ in seen.values), *(one.day for one in foreseen)]
    mark = Mark(today_name, seen.values[-1][0]) if seen.values else None
    shades = SHADES[: len(interval_names)]
    names = [
        Entry(seen.name, "series-1", is_line=True),
        Entry(middle_name, "band-2", is_line=True, dashes="6 3"),
        *(Entry(name, shade) for name, shade in zip(interval_names, shades, strict=True)),
        *(_level_entry(level) for level in levels),
    ]
    told = " · ".join(_told(one, interval_names, scale) for one in foreseen[-1:])
    pictures = []
    for room in (width, NARROW):
        parts, top = legend(names, room)
        frame = _frame(days, scale, room, top + 8, 0)
        joined = _joined(seen, foreseen)
        for position, shade in reversed(list(enumerate(shades))):
            parts.append(_area(frame, joined, position, shade))
        parts += frame.drawn(mark)
        parts += _drawn_levels(frame, levels)
        middle = Line(middle_name, [(one.day, one.middle) for one in joined])
        parts.append(_drawn_line(frame, middle, "band-2", "6 3", steps=False))
        parts.append(_drawn_line(frame, seen, "series-1", "", steps=False))
        parts += _pointed_at(frame, foreseen, interval_names)
        pictures.append(picture(parts, room, frame.bottom + 24, title=title, told=told))
    return Chart(*pictures)


def _joined(seen: Line, foreseen: Sequence[FanDay]) -> list[FanDay]:
    """The forecast from the last value that was seen on, which is certain."""
    known = [(day, value) for day, value in seen.values if value is not None]
    if not known or not foreseen:
        return list(foreseen)
    day, value = known[-1]
    return [FanDay(day, value, tuple((value, value) for _ in foreseen[0].intervals)), *foreseen]


def _area(frame: _Frame, days: Sequence[FanDay], position: int, paint: str) -> Markup:
    there = [frame.at(one.day, one.intervals[position][1]) for one in days]
    back = [frame.at(one.day, one.intervals[position][0]) for one in reversed(days)]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (*there, *back))
    return element("polygon", points=points, attributes=fill(paint))


def _told(one: FanDay, names: Sequence[str], scale: Scale) -> str:
    intervals = ", ".join(
        f"{name} {scale.written(low)}–{scale.written(high)}"
        for name, (low, high) in zip(names, one.intervals, strict=True)
    )
    return f"{one.day.isoformat()}: {scale.written(one.middle)} ({intervals})"


def _pointed_at(frame: _Frame, foreseen: Sequence[FanDay], names: Sequence[str]) -> list[Markup]:
    """Strips that cannot be seen: pointing at a day of the forecast tells its numbers."""
    parts = []
    for one in foreseen:
        told = element("title", _told(one, names, frame.scale))
        strip = rect(frame.days.place(one.day) - 4, frame.top, 8, HEIGHT, "paper", told)
        parts.append(element("g", strip, opacity=0))
    return parts
