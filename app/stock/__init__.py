"""The ledger: lots, movements, stock cards, counts; what is there and what is promised."""
