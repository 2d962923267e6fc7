"""Charts drawn as SVG on the server: a page needs no script for them, and a document embeds the same picture."""

from app.web.kit.charts.bars import Bar, Group, grouped_bars, stacked_bars
from app.web.kit.charts.lines import FanDay, Level, Line, Mark, fan_chart, line_chart
from app.web.kit.charts.scales import SHARES, Scale, round_ticks, scale_for
from app.web.kit.charts.svg import Chart
from app.web.kit.charts.tiles import Tile, tile_map

__all__ = [
    "SHARES",
    "Bar",
    "Chart",
    "FanDay",
    "Group",
    "Level",
    "Line",
    "Mark",
    "Scale",
    "Tile",
    "fan_chart",
    "grouped_bars",
    "line_chart",
    "round_ticks",
    "scale_for",
    "stacked_bars",
    "tile_map",
]
