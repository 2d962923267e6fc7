"""The cheapest shipments for settled shares: by network flow or by linear program."""
