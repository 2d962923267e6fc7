"""The audit trail: every write appends who did what, when, from where, before and after, in its own transaction."""

from app.audit.origin import OriginMiddleware, acting_from
from app.audit.trail import record, record_change

__all__ = ["OriginMiddleware", "acting_from", "record", "record_change"]
