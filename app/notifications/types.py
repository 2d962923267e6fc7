"""Channels of notifications and states of their messages."""

from enum import StrEnum


class NotificationChannel(StrEnum):
    """How a message leaves."""

    EMAIL = "EMAIL"
    WEBHOOK = "WEBHOOK"
    """A signed POST, after the Standard Webhooks specification."""
    WECOM = "WECOM"
    """A group robot of WeCom."""
    DINGTALK = "DINGTALK"
    """A group robot of DingTalk."""


class NotificationState(StrEnum):
    """Where a message of the outbox is."""

    QUEUED = "QUEUED"
    SENT = "SENT"
    FAILED = "FAILED"
    """Refused for good, or tried too often; a person may have it sent again."""
    DROPPED = "DROPPED"
    """Its rule was switched off before it left."""
