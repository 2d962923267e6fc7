"""What every HTTP route stands on: payloads, problem details, optimistic locking, idempotency."""
