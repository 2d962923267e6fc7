"""Documents for print: a Typst template of this package and its data, as a tagged PDF."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

from app.core.errors import ServiceError
from app.web.kit.rendering import FOLDER

DOCUMENTS = FOLDER / "documents"

# The first that is there is taken; one of them must be, or Chinese would be empty boxes.
CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "PingFang SC",
    "SimHei",
    "SimSun",
)

# Before those in English, whose quotation marks a Chinese font sets a whole letter wide.
ENGLISH_FONTS = ("Noto Sans", "Liberation Sans", "DejaVu Sans", "Arial", "Helvetica Neue", "Segoe UI")


class NoFontError(ServiceError):
    """No font for Chinese is on the machine that makes the document."""

    status = 503
    code = "no_chinese_font"
    title = "The document cannot be made on this server."


@cache
def fonts_for(language: str, font_folder: Path | None) -> tuple[str, ...]:
    """Names of the fonts on this machine for a language, the best first; raises `NoFontError`."""
    there = set(typst.Fonts(font_paths=_paths(font_folder)).families())
    chinese = tuple(name for name in CHINESE_FONTS if name in there)
    if not chinese:
        message = "No font for Chinese is installed: install fonts-noto-cjk, or name a folder in TONGCHOU_FONT_FOLDER."
        raise NoFontError.of(message)
    return chinese if language == "zh-CN" else (*(name for name in ENGLISH_FONTS if name in there), *chinese)


def pdf(
    template: str, data: Mapping[str, Any], *, language: str, made_at: datetime, font_folder: Path | None = None
) -> bytes:
    """The document as PDF: every text in `data` is ready for print; the same data at the same moment, the same bytes.

    `data` has at least `title`, `author` and `footer`. Raises `NoFontError`.
    """
    whole = {**data, "lang": language.partition("-")[0], "fonts": fonts_for(language, font_folder)}
    document: bytes = typst.compile(
        str(DOCUMENTS / template),
        root=str(DOCUMENTS),
        font_paths=_paths(font_folder),
        format="pdf",
        sys_inputs={"data": json.dumps(whole, ensure_ascii=False)},
        timestamp=int(made_at.timestamp()),
    )
    return document


def _paths(font_folder: Path | None) -> list[str]:
    return [str(font_folder)] if font_folder is not None else []
