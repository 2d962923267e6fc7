"""Names of items and facilities: found whatever their width, blanks and brackets, else suggestions for a person."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache

from app.catalog.rules import alternatives, fold_name

SUGGESTIONS_MAX = 5
SUGGESTED_NAMES_MAX = 300
"""Names of one file for which the nearest are looked for."""
_SCORE_MIN = 50.0


def loose_name(name: str) -> str:
    """The folded name without brackets, dots and dashes; what stands in the brackets stays."""
    return "".join(letter for letter in fold_name(name) if letter.isalnum() or letter == "%")


class NameIndex:
    """What names mean; a name that several things share means none of them and is asked about."""

    def __init__(self, table: Mapping[str, str], shared: Mapping[str, Iterable[str]] | None = None) -> None:
        """`table`: the code of each folded name; `shared`: codes of names that several things have."""
        self._table = table
        self._shared = {name: tuple(codes) for name, codes in (shared or {}).items()}
        loose: dict[str, set[str]] = defaultdict(set)
        for name, code in table.items():
            loose[loose_name(name)].add(code)
        for name, codes in self._shared.items():
            loose[loose_name(name)].update(codes)
        self._loose = loose
        self._suggested = 0
        self._near: dict[str, tuple[str, ...]] = {}

    def codes(self, name: str) -> tuple[str, ...]:
        """What a name means: one code, several where it has several meanings, none where it is not known."""
        whole = fold_name(name)
        if whole in self._table:
            return (self._table[whole],)
        if whole in self._shared:
            return self._shared[whole]
        found = sorted(self._loose.get(loose_name(name), ())) if loose_name(name) else []
        if found:
            return tuple(found)
        parts = [self._table[part] for part in alternatives(name) if part in self._table]
        return tuple(dict.fromkeys(parts))

    def nearest(self, name: str) -> tuple[str, ...]:
        """Codes of the things whose names come nearest, the nearest first; by letters, pinyin and initials."""
        folded = loose_name(name)
        if folded not in self._near:
            self._suggested += 1
            self._near[folded] = self._find(folded) if folded and self._suggested <= SUGGESTED_NAMES_MAX else ()
        return self._near[folded]

    def _find(self, folded: str) -> tuple[str, ...]:
        best: dict[str, float] = {}
        sound, _ = sounds(folded)
        for known, codes in self._loose.items():
            score = _nearness(folded, sound, known)
            for code in codes:
                best[code] = max(best.get(code, 0.0), score)
        ranked = sorted((code for code, score in best.items() if score >= _SCORE_MIN), key=lambda c: (-best[c], c))
        return tuple(ranked[:SUGGESTIONS_MAX])


def _nearness(folded: str, sound: str, known: str) -> float:
    from rapidfuzz import fuzz

    known_sound, known_initials = sounds(known)
    score = float(fuzz.ratio(folded, known))
    shorter = min(len(folded), len(known))
    if shorter >= 2:
        score = max(score, 0.85 * fuzz.partial_ratio(folded, known))
    if sound != folded or known_sound != known:
        score = max(score, 0.95 * fuzz.ratio(sound, known_sound))
    if folded.isascii() and len(folded) >= 2 and known_initials.startswith(folded):
        score = max(score, 90.0)
    if folded.isascii() and len(folded) >= 3 and folded in known_initials:
        score = max(score, 80.0)
    return score


@cache
def sounds(text: str) -> tuple[str, str]:
    """The pinyin of a text without tones, and the initials of its signs."""
    from pypinyin import lazy_pinyin  # takes a moment to load, and is needed for unknown names only

    parts = lazy_pinyin(text)
    return "".join(parts), "".join(part if part.isascii() and len(part) > 6 else part[:1] for part in parts)
