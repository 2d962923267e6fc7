"""Languages: Simplified Chinese first, English beside it; catalogues are gettext files read through Babel."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

LANGUAGES: tuple[str, ...] = ("zh-CN", "en")
SOURCE_LANGUAGE = "en"
LOCALE_FOLDER = Path(__file__).parent / "locale"


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

    The parameter `what` names a kind of thing (item, facility ...) and is translated itself.
    """
    texts = {} if language == SOURCE_LANGUAGE else catalogue(language)
    text = texts.get(message, message)
    if "what" in params:
        params["what"] = texts.get(str(params["what"]), params["what"])
    return text.format_map(params) if params else text


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
