"""Routers whose POSTs can be repeated safely and whose changes are refused when they rest on what is out of date."""

from app.core.http.routing.router import ServiceRouter, answer_is_found_at, answer_is_secret, must_have_seen

__all__ = ["ServiceRouter", "answer_is_found_at", "answer_is_secret", "must_have_seen"]
