"""Tongchou (统筹): the service that tracks supplies, needs and purchases, and allocates them."""
