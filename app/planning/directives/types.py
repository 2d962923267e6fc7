"""Names of directives that rules, the snapshot and pages share: no tables."""

from enum import StrEnum

DIRECTIVE_TIER = 0
"""The tier of demands that stand for directives in a problem: before all tiers of the policy, which begin at 1."""

DIRECTIVE_BAND = "领导批示"
"""The band of a problem that settles directives, before all bands of the policy."""

NUMBER_SERIES = "DR"


class DirectiveState(StrEnum):
    """PROPOSED -> CONFIRMED by another leader, or ENDED: turned down, or called off."""

    PROPOSED = "PROPOSED"
    CONFIRMED = "CONFIRMED"
    ENDED = "ENDED"
