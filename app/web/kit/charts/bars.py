"""Horizontal bars: one a row made of parts, or several a row side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from app.web.kit.charts.scales import SHARES, Scale
from app.web.kit.charts.svg import (
    SMALL_SIZE,
    Chart,
    Entry,
    element,
    legend,
    picture,
    rect,
    rule,
    shortened,
    text,
    text_width,
)

NARROW = 344
"""The width of a chart on a phone."""

BANDS = ("band-1", "band-2", "band-3", "band-4", "band-5")
PLAN_AND_SCENARIOS = ("before", "series-1", "series-2", "series-3", "series-4", "series-5", "series-6", "series-7")
LABELS_WIDTH_MAX = 240


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of stacked parts on a scale; `note` stands at its end."""

    label: str
    parts: tuple[float, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Group:
    """Bars side by side under one label: a value (None: no bar) and what is written at its end, for each series."""

    label: str
    bars: tuple[tuple[float | None, str], ...]


@dataclass(frozen=True, slots=True)
class _Plot:
    """Where bars lie: from `left` to `right`; `labels_above` where there is no room on the left."""

    left: float
    right: float
    width: float
    labels_above: bool

    def place(self, scale: Scale, value: float) -> float:
        return self.left + (self.right - self.left) * min(1.0, max(0.0, scale.part(value)))


def _plot(labels: Sequence[str], notes: Sequence[str], width: float, *, note_beside: bool) -> _Plot:
    note_width = max((text_width(note, SMALL_SIZE) for note in notes), default=0) + 8
    if width <= NARROW:
        return _Plot(0, width - (note_width if note_beside else 0), width, labels_above=True)
    left = min(LABELS_WIDTH_MAX, max((text_width(label) for label in labels), default=0)) + 10
    return _Plot(left, width - note_width, width, labels_above=False)


def _grid(plot: _Plot, scale: Scale, top: float, bottom: float) -> list[Markup]:
    """Vertical lines at the ticks with their texts below."""
    parts = []
    for tick in scale.ticks:
        x = plot.place(scale, tick)
        anchor = "start" if x < 16 else "end" if x > plot.width - 16 else "middle"
        parts.append(rule(x, top, x, bottom))
        parts.append(text(scale.written(tick), x, bottom + 15, paint="muted", size=SMALL_SIZE, anchor=anchor))
    return parts


def stacked_bars(
    bars: Sequence[Bar],
    part_names: Sequence[str],
    *,
    title: str,
    scale: Scale = SHARES,
    paints: Sequence[str] = BANDS,
    width: float = 700,
) -> Chart:
    """A bar a row whose parts follow each other; the rest of the scale is shown empty."""
    told = " · ".join(f"{bar.label} {bar.note}" for bar in bars)
    names = [Entry(*one) for one in zip(part_names, paints, strict=False)] if len(part_names) > 1 else []
    pictures = []
    for room in (width, NARROW):
        plot = _plot([bar.label for bar in bars], [bar.note for bar in bars], room, note_beside=False)
        parts, top = legend(names, room)
        row, thickness = (40, 12) if plot.labels_above else (28, 17)
        bottom = top + row * len(bars)
        parts += _grid(plot, scale, top, bottom)
        for position, bar in enumerate(bars):
            y = top + row * position + (22 if plot.labels_above else (row - thickness) / 2)
            parts += _labels(bar.label, bar.note, plot, y, thickness)
            parts.append(_stack(bar, part_names, paints, plot, scale, y, thickness))
        pictures.append(picture(parts, room, bottom + 22, title=title, told=told))
    return Chart(*pictures)


def _labels(label: str, note: str, plot: _Plot, y: float, thickness: float) -> list[Markup]:
    """The label on the left and the note on the right of a bar, or both above it."""
    if plot.labels_above:
        room = plot.width - text_width(note, SMALL_SIZE) - 10
        return [text(shortened(label, room), 0, y - 6), text(note, plot.width, y - 6, anchor="end")]
    middle = y + thickness / 2 + 4.5
    return [
        text(shortened(label, plot.left - 10), plot.left - 8, middle, anchor="end"),
        text(note, plot.right + 7, middle),
    ]


def _stack(
    bar: Bar, names: Sequence[str], paints: Sequence[str], plot: _Plot, scale: Scale, y: float, thickness: float
) -> Markup:
    """The parts of one bar, a pixel between them, on an empty one; pointing at it tells its numbers."""
    shares = ", ".join(f"{name} {scale.written(part)}" for name, part in zip(names, bar.parts, strict=True))
    drawn = [rect(plot.left, y, plot.right - plot.left, thickness, "empty", radius=2)]
    reached = scale.ticks[0]
    for paint, part in zip(paints, bar.parts, strict=False):
        start, end = plot.place(scale, reached), plot.place(scale, reached + part)
        reached += part
        if end - start >= 0.5:
            drawn.append(rect(start, y, max(0.5, end - start - 1), thickness, paint))
    return element("g", element("title", f"{bar.label}: {bar.note} ({shares})"), *drawn)


def grouped_bars(
    groups: Sequence[Group],
    series: Sequence[str],
    *,
    title: str,
    scale: Scale = SHARES,
    paints: Sequence[str] = PLAN_AND_SCENARIOS,
    width: float = 640,
) -> Chart:
    """Bars of several series side by side, group by group."""
    told = " · ".join(
        f"{group.label}: " + ", ".join(f"{name} {note}" for name, (_, note) in zip(series, group.bars, strict=True))
        for group in groups
    )
    notes = [note for group in groups for _, note in group.bars]
    pictures = []
    for room in (width, NARROW):
        plot = _plot([group.label for group in groups], notes, room, note_beside=True)
        parts, top = legend([Entry(*one) for one in zip(series, paints, strict=False)], room)
        row = (24 if plot.labels_above else 12) + 17 * len(series)
        bottom = top + row * len(groups)
        parts += _grid(plot, scale, top, bottom)
        for position, group in enumerate(groups):
            parts += _group(group, series, paints, plot, scale, top + row * position)
        pictures.append(picture(parts, room, bottom + 22, title=title, told=told))
    return Chart(*pictures)


def _group(
    group: Group, series: Sequence[str], paints: Sequence[str], plot: _Plot, scale: Scale, top: float
) -> list[Markup]:
    if plot.labels_above:
        parts, y = [text(group.label, 0, top + 16, bold=True)], top + 21
    else:
        middle = top + 6 + 17 * len(series) / 2 + 4.5
        parts, y = [text(shortened(group.label, plot.left - 10), plot.left - 8, middle, anchor="end")], top + 6
    for name, paint, (value, note) in zip(series, paints, group.bars, strict=False):
        end = plot.place(scale, value if value is not None else scale.ticks[0])
        told = element("title", f"{group.label}, {name}: {note}")
        if value is not None:
            parts.append(rect(plot.left, y + 1, max(1.0, end - plot.left), 15, paint, told))
        parts.append(text(note, end + 6, y + 13, size=SMALL_SIZE))
        y += 17
    return parts
