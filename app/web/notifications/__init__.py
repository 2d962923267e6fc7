"""Pages of notifications: the rules, and what was sent, waits or was given up."""

from fastapi import APIRouter

from app.web.notifications import outbox, rules

NOTIFICATION_PAGES: tuple[APIRouter, ...] = (rules.router, outbox.router)
