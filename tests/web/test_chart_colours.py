"""Colours of charts: the same on pages and in documents, and apart from what is behind and beside them."""

import re
from itertools import pairwise

from app.web.kit.charts.lines import SERIES
from app.web.kit.charts.svg import PAINTS
from app.web.kit.charts.tiles import PAINTS as TILE_PAINTS
from app.web.kit.rendering import FOLDER


def colours_of_pages() -> dict[str, str]:
    """The paints of the style sheet, with the variables of the page put in."""
    sheet = (FOLDER / "static" / "kit.css").read_text("utf-8")
    values = dict(re.findall(r"--(\w[\w-]*): (#[0-9a-f]{6})", sheet))
    paints = re.findall(r"\.paint-([\w-]+) \{ --paint: (?:var\(--([\w-]+)\)|(#[0-9a-f]{6})); \}", sheet)
    return {name: values[variable] if variable else colour for name, variable, colour in paints}


def test_pages_and_documents_have_the_same_colours() -> None:
    assert colours_of_pages() == dict(PAINTS)


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lower, higher = sorted((light(PAINTS[one]), light(PAINTS[other])))
    return (higher + 0.05) / (lower + 0.05)


def test_texts_and_lines_stand_out_from_what_is_behind_them() -> None:
    for paint in ("ink", "muted", *SERIES):
        assert contrast(paint, "paper") >= 4.5, paint
    for paint in (*TILE_PAINTS, "empty"):
        assert contrast("ink", paint) >= 4.5, paint
    for paint in ("before", "band-1", "band-2"):
        assert contrast(paint, "paper") >= 3, paint
    for darker, lighter in pairwise(("band-1", "band-2", "band-3", "band-4", "band-5")):
        assert contrast(darker, lighter) > 1.2, (darker, lighter)
