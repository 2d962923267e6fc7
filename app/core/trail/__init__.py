"""The audit trail: every write appends who did what, when, from where, before and after, in its own transaction."""

from app.core.trail.append import record, record_change
from app.core.trail.origin import OriginMiddleware, acting_from

__all__ = ["OriginMiddleware", "acting_from", "record", "record_change"]
