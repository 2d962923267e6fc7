"""Notifications: an outbox of messages that the worker sends by e-mail, web hook, and WeCom or DingTalk robots."""
