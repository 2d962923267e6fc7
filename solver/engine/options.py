"""What a caller asks of a solve, and what it hears while it runs. Imports no numerical package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..parameters import DEFAULT, Parameters

if TYPE_CHECKING:
    from ..lp.backends import Choice

Method = Literal["auto", "program"]
"""``program``: only the sequence of linear programs; ``auto``: a faster exact method where one fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How far a solve is.

    ``stage`` is ``bands``, ``gains`` or ``check``; ``done`` the part of all demands that is settled, a demand of a
    component at work counting in part. In stage ``bands`` also: which group of items and which of its components, in
    which ``band``, how many of the ``served`` demands are ``settled``, and the ``levels`` so far. Packs are made and
    proved subproblem by subproblem, between the bands of these.
    """

    stage: str
    done: float
    group: int = 0
    groups: int = 0
    component: int = 0
    components: int = 0
    band: str = ""
    settled: int = 0
    served: int = 0
    levels: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to solve.

    ``choice``: the LP solver. ``method``: see ``Method``. ``time_limit_seconds``: for the whole solve (None: none).
    ``processes``: worker processes at most, the calling one among them; the plan is the same by any number.
    ``gains_max``: limits to quote a gain for, each costs a re-solve. ``progress`` is told steps, ``cancelled`` is
    asked whether to stop. ``check``: prove the plan before it is returned.

    ``partial``: when the time limit passes, give the plan of the bands that are settled, marked ``partial``, in
    place of the error. Bands are then settled one after the other for all components, by one process.
    ``price_of_fairness``: also tell how much more of the need could be met if nobody were owed a fair share.
    ``parameters``: tolerances and thresholds; the default ones are what all figures were measured with.
    """

    choice: Choice = "auto"
    method: Method = "auto"
    time_limit_seconds: float | None = None
    processes: int = 1
    gains_max: int = 12
    progress: Callable[[Step], None] | None = None
    cancelled: Callable[[], bool] | None = None
    check: bool = True
    partial: bool = False
    price_of_fairness: bool = False
    parameters: Parameters = DEFAULT
