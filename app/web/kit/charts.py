"""Charts: one Vega-Lite specification each, drawn as SVG on the server, so that a page needs no script for them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

import vl_convert

FONT = "'Noto Sans CJK SC', 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', 'WenQuanYi Zen Hei', sans-serif"
INK, MUTED, GRID, EMPTY = "#1c2733", "#5b6875", "#e3e8ee", "#dfe5ec"
BAND_COLOURS = ("#0b4f8a", "#2f86c9", "#8cc3ea", "#c9e2f5", "#e5f1fa")
SCALE_OF_SHARES = ("#b3261e", "#e58a2b", "#f3d27a", "#8cc3a0", "#1e7d4f")

# The converter runs one JavaScript engine; calls from several threads wait for each other.
_one_at_a_time = Lock()


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of stacked parts on a scale from 0 to 1; `note` stands at its end."""

    label: str
    parts: tuple[float, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Tile:
    """A zone on the tile map: its place, its share (None: asks for nothing) and what stands in it."""

    label: str
    column: int
    row: int
    share: float | None


@lru_cache(maxsize=256)
def _drawn(specification: str) -> str:
    with _one_at_a_time:
        svg: str = vl_convert.vegalite_to_svg(json.loads(specification))
    return svg


def draw(specification: Mapping[str, Any]) -> str:
    """The chart as SVG; equal specifications are drawn once."""
    config = {
        "font": FONT,
        "background": "transparent",
        "view": {"stroke": None},
        "axis": {
            "labelColor": INK,
            "titleColor": MUTED,
            "gridColor": GRID,
            "domainColor": GRID,
            "tickColor": GRID,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "labelLimit": 220,
        },
        "legend": {"labelColor": INK, "labelFontSize": 12, "titleColor": MUTED, "orient": "top", "title": None},
    }
    whole = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "config": config, **specification}
    return _drawn(json.dumps(whole, ensure_ascii=False, sort_keys=True))


def stacked_shares(
    bars: Sequence[Bar], part_names: Sequence[str], *, description: str, width: int = 520, colours: Sequence[str] = ()
) -> str:
    """Horizontal bars whose parts add up to a share of the need, 0 to 100 %, with a note at the end of each."""
    order = {name: position for position, name in enumerate(part_names)}
    parts = [
        {"bar": bar.label, "part": name, "share": part, "position": order[name]}
        for bar in bars
        for name, part in zip(part_names, bar.parts, strict=True)
    ]
    axis_y = {
        "field": "bar",
        "type": "nominal",
        "sort": [bar.label for bar in bars],
        "axis": {"title": None, "ticks": False, "domain": False},
    }
    scale = {"domain": list(part_names), "range": list(colours or BAND_COLOURS[: len(part_names)])}
    axis_x = {"format": "%", "title": None, "values": [0, 0.25, 0.5, 0.75, 1], "ticks": False}
    return draw(
        {
            "description": description,
            "width": width,
            "height": {"step": 26},
            "layer": [
                {
                    "data": {"values": [{"bar": bar.label, "whole": 1} for bar in bars]},
                    "mark": {"type": "bar", "color": EMPTY, "height": {"band": 0.62}},
                    "encoding": {"y": axis_y, "x": {"field": "whole", "type": "quantitative"}},
                },
                {
                    "data": {"values": parts},
                    "mark": {"type": "bar", "height": {"band": 0.62}},
                    "encoding": {
                        "y": axis_y,
                        "x": {
                            "field": "share",
                            "type": "quantitative",
                            "stack": "zero",
                            "axis": axis_x,
                            "scale": {"domain": [0, 1]},
                        },
                        "order": {"field": "position"},
                        "color": {
                            "field": "part",
                            "type": "nominal",
                            "scale": scale,
                            "legend": {} if len(part_names) > 1 else None,
                        },
                    },
                },
                {
                    "data": {"values": [{"bar": bar.label, "note": bar.note, "whole": 1} for bar in bars]},
                    "mark": {"type": "text", "align": "left", "dx": 6, "color": INK, "fontSize": 12},
                    "encoding": {
                        "y": axis_y,
                        "x": {"field": "whole", "type": "quantitative"},
                        "text": {"field": "note"},
                    },
                },
            ],
        }
    )


def tile_map(tiles: Sequence[Tile], *, description: str, nothing: str, tile_size: int = 92) -> str:
    """One square a zone, placed as on the map, coloured by its share of the need that is met."""
    values = [
        {
            "label": tile.label,
            "column": tile.column,
            "row": tile.row,
            "share": tile.share,
            "note": nothing if tile.share is None else f"{tile.share:.0%}",
            "dark": tile.share is not None and (tile.share < 0.2 or tile.share > 0.9),
        }
        for tile in tiles
    ]
    place = {
        "x": {"field": "column", "type": "ordinal", "axis": None, "scale": {"paddingInner": 0.06}},
        "y": {"field": "row", "type": "ordinal", "axis": None, "scale": {"paddingInner": 0.06}},
    }
    text_colour = {"condition": {"test": "datum.dark", "value": "white"}, "value": INK}
    return draw(
        {
            "description": description,
            "width": {"step": tile_size},
            "height": {"step": tile_size},
            "data": {"values": values},
            "layer": [
                {
                    "mark": {"type": "rect", "cornerRadius": 6},
                    "encoding": {
                        **place,
                        "color": {
                            "condition": {"test": "!isValid(datum.share)", "value": EMPTY},
                            "field": "share",
                            "type": "quantitative",
                            "legend": None,
                            "scale": {"domain": [0, 0.25, 0.5, 0.75, 1], "range": list(SCALE_OF_SHARES)},
                        },
                    },
                },
                {
                    "mark": {"type": "text", "fontSize": 14, "fontWeight": "bold", "dy": -9},
                    "encoding": {**place, "text": {"field": "label"}, "color": text_colour},
                },
                {
                    "mark": {"type": "text", "fontSize": 15, "dy": 12},
                    "encoding": {**place, "text": {"field": "note"}, "color": text_colour},
                },
            ],
        }
    )
