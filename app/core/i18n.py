"""Languages: Simplified Chinese first, English beside it; catalogues are gettext files read through Babel."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

LANGUAGES: tuple[str, ...] = ("zh-CN", "en")
SPOKEN: Mapping[str, tuple[str, ...]] = {
    "what": ("",), "state": ("state.",), "step": ("step.",), "channel": ("channel.",),
    "allowed": ("state.", "channel."), "near": ("",),
}  # fmt: skip
"""Parameters that name a kind of thing, a state, a step or a channel, or several things, and how their texts begin."""

LOCALE_FOLDER = Path(__file__).parents[1] / "locale"


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All translations of a language, merged from its .po files (one per domain)."""
    texts: dict[str, str] = {}
    for path in sorted((LOCALE_FOLDER / language.replace("-", "_")).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id and isinstance(message.id, str) and isinstance(message.string, str) and message.string:
                    texts[message.id] = message.string
    return texts


def translate(message: str, language: str, **params: object) -> str:
    """The message in a language, with {named} parameters filled in; English where no translation exists.

    Some parameters are names in the code's own words and translated themselves: see `SPOKEN`.
    """
    texts = catalogue(language)
    text = texts.get(message, message)
    for name in SPOKEN.keys() & params.keys():
        params[name] = _spoken(str(params[name]), SPOKEN[name], texts)
    return text.format_map(params) if params else text


def _spoken(value: str, prefixes: tuple[str, ...], texts: Mapping[str, str]) -> str:
    words = [next((texts[p + word] for p in prefixes if p + word in texts), word) for word in value.split(", ")]
    return texts.get(", ", ", ").join(words)


def choose_language(accept_language: str | None, default: str) -> str:
    """The known language that an Accept-Language header (or a LANG variable) likes best."""
    ranked: list[tuple[float, int, str]] = []
    for position, part in enumerate((accept_language or "").split(",")):
        tag, _, weight = part.strip().partition(";q=")
        known = {"zh": "zh-CN", "en": "en"}.get(tag.replace("_", "-").split("-")[0].split(".")[0].lower())
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        if known and 0 < quality <= 1:
            ranked.append((-quality, position, known))
    return min(ranked)[2] if ranked else default


def _babel_locale(language: str) -> str:
    return language.replace("-", "_")


def name_of(thing: Any, language: str) -> str:
    """The name of an item, facility, zone, band ... in a language; they all have one in both."""
    named: str = thing.name_zh if language == "zh-CN" else thing.name_en
    return named


def title_of(policy: Any, language: str) -> str:
    """The title of a policy in a language."""
    titled: str = policy.title_zh if language == "zh-CN" else policy.title_en
    return titled


def number_text(number: float, language: str, *, decimals: int = 0) -> str:
    """A number with the language's digits grouping, with at most so many decimals."""
    pattern = "#,##0" + ("." + "#" * decimals if decimals else "")
    return format_decimal(number, format=pattern, locale=_babel_locale(language))


def share_text(share: float, language: str) -> str:
    """A share as a percentage: whole from 10 % up, with a decimal below, and never 100 % when something is missing."""
    shown = min(share, 0.999) if share < 1 - 1e-9 else share
    return format_percent(
        shown, format="0%" if 0.1 <= shown < 0.99 or shown >= 1 else "0.#%", locale=_babel_locale(language)
    )


def quantity_text(units: int, unit: str, language: str, *, exact: bool = False) -> str:
    """Units of an item with their name; grams are told in kilograms or tonnes where they are many.

    `exact`: to the gram, as an account must be; then in kilograms at most.
    """
    if unit == "gram":
        if exact and abs(units) >= 1_000:
            return translate("{number} kg", language, number=number_text(units / 1_000, language, decimals=3))
        if abs(units) >= 1_000_000:
            return translate("{number} t", language, number=number_text(units / 1_000_000, language, decimals=1))
        if abs(units) >= 1_000:
            return translate("{number} kg", language, number=number_text(units / 1_000, language, decimals=1))
        return translate("{number} g", language, number=number_text(units, language))
    names = {"piece": "{number} pcs", "pair": "{number} pairs", "bottle": "{number} bottles"}
    return translate(names[unit], language, number=number_text(units, language))


def money_text(fen: int, language: str) -> str:
    """An amount in yuan, with fen only where it is small."""
    return translate(
        "{number} yuan", language, number=number_text(fen / 100, language, decimals=2 if fen < 100_000 else 0)
    )
