"""A map of squares: every zone has the same size, and stands about where it lies."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.web.kit.charts.scales import SHARES
from app.web.kit.charts.svg import SMALL_SIZE, Chart, element, picture, rect, shortened, text

SIZE, GAP = 92, 6
PAINTS = ("share-1", "share-2", "share-3", "share-4", "share-5")


@dataclass(frozen=True, slots=True)
class Tile:
    """A zone on the tile map: its place, its share (None: asks for nothing) and what stands in it."""

    label: str
    column: int
    row: int
    share: float | None


def _paint(share: float | None) -> str:
    return "empty" if share is None else PAINTS[min(len(PAINTS) - 1, max(0, int(share * len(PAINTS) + 1e-9)))]


def tile_map(tiles: Sequence[Tile], *, title: str, nothing: str) -> Chart:
    """One square a zone, coloured by its share of the need that is met, in fifths."""
    first_column = min((tile.column for tile in tiles), default=0)
    first_row = min((tile.row for tile in tiles), default=0)
    columns = max((tile.column for tile in tiles), default=0) - first_column + 1
    rows = max((tile.row for tile in tiles), default=0) - first_row + 1
    parts = []
    for tile in tiles:
        x, y = (tile.column - first_column) * (SIZE + GAP), (tile.row - first_row) * (SIZE + GAP)
        paint = _paint(tile.share)
        note = nothing if tile.share is None else SHARES.written(tile.share)
        middle = x + SIZE / 2
        label = shortened(tile.label, SIZE - 6, 14)
        parts += [
            rect(x, y, SIZE, SIZE, paint, element("title", f"{tile.label}: {note}"), radius=6),
            text(label, middle, y + SIZE / 2 - 6, size=14, anchor="middle", bold=True),
            text(note, middle, y + SIZE / 2 + 17, size=15, anchor="middle"),
        ]
    width, height = max(columns * (SIZE + GAP) - GAP, 5 * 66), rows * (SIZE + GAP) + 6
    for position, paint in enumerate(PAINTS):
        x = position * 66
        parts.append(rect(x, height, 64, 8, paint))
        parts.append(text(f"{20 * position}–{20 * position + 20}%", x, height + 23, paint="muted", size=SMALL_SIZE))
    told = " · ".join(f"{tile.label} {nothing if tile.share is None else SHARES.written(tile.share)}" for tile in tiles)
    drawn = picture(parts, width, height + 28, title=title, told=told)
    return Chart(drawn, drawn)
