"""Who acts: the one place that every write asks."""

from app.auth.actor import Actor, CurrentActor

__all__ = ["Actor", "CurrentActor"]
