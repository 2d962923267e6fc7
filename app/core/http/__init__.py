"""Shared by all HTTP routes: payloads, problem details, optimistic locking, idempotency."""
