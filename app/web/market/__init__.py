"""Pages of the market watch: markets today, series, values entered and asked about, alarms, their rules."""

from fastapi import APIRouter

from app.web.market import alerts, entry, questions, rules, series, today

MARKET_PAGES: tuple[APIRouter, ...] = (
    today.router,
    series.router,
    entry.router,
    questions.router,
    alerts.router,
    rules.router,
)
