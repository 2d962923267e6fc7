"""Who acts and what they may do: the one place that every route and every write asks."""

from app.auth.deps import LOGGED_IN, Actor, CurrentActor, Write, needs
from app.core.rights import Right

__all__ = ["LOGGED_IN", "Actor", "CurrentActor", "Right", "Write", "needs"]
