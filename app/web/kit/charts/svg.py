"""SVG elements and paints: text is escaped, colours are CSS variables on pages and plain colours in documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from markupsafe import Markup, escape

FONTS = "Noto Sans CJK SC, Noto Sans SC, PingFang SC, Microsoft YaHei, WenQuanYi Zen Hei, sans-serif"
"""Of charts in documents; on pages the style sheet gives them the fonts of the page."""

TEXT_SIZE, SMALL_SIZE = 13, 12

_NARROW_SIGNS, _WIDE_SIGNS = frozenset(" .,:;'|!()[]fijlrt-"), frozenset("%mwMW@—…")

PAINTS: Mapping[str, str] = {
    "ink": "#1c2733", "muted": "#55616d", "grid": "#dbe2ea", "empty": "#edf1f5", "paper": "#ffffff",
    # One after the other in a stack: from dark to light, so that they differ in grey as well.
    "band-1": "#0b4f8a", "band-2": "#3d8ccb", "band-3": "#86bfe6", "band-4": "#b9dbf2", "band-5": "#dcedf9",
    # Side by side.
    "before": "#7f97ac",
    "series-1": "#0b4f8a", "series-2": "#c2560c", "series-3": "#1e7d4f", "series-4": "#b3261e", "series-5": "#7a3e9d",
    "series-6": "#1f78b8", "series-7": "#5b6875",
    # Shares from 0 to 100 % in fifths.
    "share-1": "#e07a71", "share-2": "#f0b27a", "share-3": "#f6dc94", "share-4": "#b5dbc3", "share-5": "#6fb78f",
}  # fmt: skip
"""The colours by name, for documents; pages take them from the class `paint-NAME` of `static/kit.css`."""


def fill(paint: str) -> dict[str, str]:
    """Attributes that fill a shape or a text."""
    return {"class": f"fill paint-{paint}", "fill": PAINTS[paint]}


def line(paint: str, width: float) -> dict[str, str | float]:
    """Attributes that draw an outline and fill nothing."""
    return {"class": f"line paint-{paint}", "fill": "none", "stroke": PAINTS[paint], "stroke-width": width}


def _written(value: str | float) -> str:
    return value if isinstance(value, str) else f"{round(value, 1):g}"


def element(
    name: str, *children: str, attributes: Mapping[str, str | float] | None = None, **more: float | str
) -> Markup:
    """An element; numbers are written with one decimal, underscores in names become hyphens."""
    pairs = {**(attributes or {}), **{key.replace("_", "-"): value for key, value in more.items()}}
    opened = name + "".join(f' {key}="{escape(_written(value))}"' for key, value in pairs.items())
    inner = "".join(escape(child) for child in children)
    return Markup(f"<{opened}>{inner}</{name}>" if inner else f"<{opened}/>")  # noqa: S704 - escaped above


def text(
    content: str,
    x: float,
    y: float,
    *,
    paint: str = "ink",
    size: float = TEXT_SIZE,
    anchor: str = "start",
    bold: bool = False,
) -> Markup:
    """A line of text; `y` is its baseline."""
    weight = {"font-weight": "bold"} if bold else {}
    at: dict[str, str | float] = {"x": x, "y": y, "font-size": size, "text-anchor": anchor}
    return element("text", content, attributes={**fill(paint), **at, **weight})


def rect(x: float, y: float, width: float, height: float, paint: str, *children: str, radius: float = 0) -> Markup:
    """A filled rectangle."""
    corners = {"rx": radius} if radius else {}
    place = {"x": x, "y": y, "width": width, "height": height}
    return element("rect", *children, attributes={**fill(paint), **place, **corners})


def rule(
    x1: float, y1: float, x2: float, y2: float, *, paint: str = "grid", width: float = 1, dashes: str = ""
) -> Markup:
    """A straight line."""
    dashed = {"stroke-dasharray": dashes} if dashes else {}
    return element("line", attributes={**line(paint, width), **dashed}, x1=x1, y1=y1, x2=x2, y2=y2)


def text_width(content: str, size: float = TEXT_SIZE) -> float:
    """About how wide a text will be, in pixels: fonts differ, so this is rather too much."""
    return size * sum(_sign_width(sign) for sign in content)


def _sign_width(sign: str) -> float:
    if east_asian_width(sign) in "WF":
        return 1.0
    if sign in _NARROW_SIGNS:
        return 0.36
    return 0.9 if sign in _WIDE_SIGNS else 0.72 if sign.isupper() else 0.63


def shortened(content: str, width: float, size: float = TEXT_SIZE) -> str:
    """The text, cut with an ellipsis where it would be wider than that."""
    if text_width(content, size) <= width:
        return content
    while content and text_width(content + "…", size) > width:
        content = content[:-1]
    return content.rstrip() + "…"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart for wide places and documents, and for narrow ones; a template shows the one that fits.

    Both are the same where the chart is narrow enough for a phone.
    """

    wide: str
    narrow: str

    def __html__(self) -> str:
        """Both, of which the style sheet shows one."""
        if self.wide == self.narrow:
            return self.wide
        return self.wide.replace("<svg ", '<svg data-for="wide" ', 1) + self.narrow.replace(
            "<svg ", '<svg data-for="narrow" ', 1
        )


def picture(parts: list[Markup], width: float, height: float, *, title: str, told: str) -> str:
    """The whole SVG; `told` says its numbers to those who cannot see it."""
    return str(
        element(
            "svg",
            element("title", title),
            *([element("desc", told)] if told else []),
            *parts,
            xmlns="http://www.w3.org/2000/svg",
            role="img",
            viewBox=f"0 0 {_written(width)} {_written(height)}",
            width=width,
            height=height,
            font_family=FONTS,
        )
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """A name in a legend beside a sample of its paint: a square, or a line, dashed as the line that it names."""

    name: str
    paint: str
    is_line: bool = False
    dashes: str = ""

    def sample(self, x: float, y: float) -> Markup:
        """What stands before the name."""
        if self.is_line:
            return rule(x, y + 6.5, x + 13, y + 6.5, paint=self.paint, width=2.5, dashes=self.dashes)
        return rect(x, y + 1, 11, 11, self.paint, radius=2)


def legend(entries: Sequence[Entry], width: float) -> tuple[list[Markup], float]:
    """Names beside samples, in as many rows as they need from the top left; and the height that they take."""
    parts, x, y = list[Markup](), 0.0, 0.0
    for entry in entries:
        shown = shortened(entry.name, width - 18, SMALL_SIZE)
        needed = 18 + text_width(shown, SMALL_SIZE)
        if x and x + needed > width:
            x, y = 0.0, y + 19
        parts += [entry.sample(x, y), text(shown, x + 17, y + 11, size=SMALL_SIZE)]
        x += needed + 12
    return parts, y + 24 if entries else 0.0
