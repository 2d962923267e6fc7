"""Random numbers that depend on the seed and on what is drawn, never on what was drawn before.

So the same thing happens in the world on the same day whatever rule makes the plans, and however often it is asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Draws:
    """Draws of one seed; `what` names the thing drawn: words, codes, days."""

    seed: int

    def between(self, low: float, high: float, *what: object) -> float:
        """A number from `low` to `high`, evenly."""
        return low + (high - low) * self._of(what)

    def chance(self, probability: float, *what: object) -> bool:
        """Whether something with this probability happens."""
        return self._of(what) < probability

    def whole(self, low: int, high: int, *what: object) -> int:
        """An integer from `low` to `high`, both included."""
        return low + int(self._of(what) * (high - low + 1))

    def one_of(self, things: Sequence[Thing], *what: object) -> Thing:
        """One of the things."""
        return things[int(self._of(what) * len(things))]

    def rounded(self, quantity: float, *what: object) -> int:
        """A whole number of units whose mean is the quantity: 2.3 is 2 in seven cases of ten."""
        whole = int(quantity)
        return whole + int(self._of(what) < quantity - whole)

    def _of(self, what: tuple[object, ...]) -> float:
        # A string seeds by its SHA-512: the same on every machine and in every version of Python.
        return Random("/".join(map(str, (self.seed, *what)))).random()  # noqa: S311 - nothing here is secret
