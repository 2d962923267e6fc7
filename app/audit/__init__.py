"""The audit trail: every write appends who did what, when, before and after, in its own transaction."""

from app.audit.trail import record, record_change

__all__ = ["record", "record_change"]
