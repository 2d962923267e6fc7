"""What approved plans owe to needs, and the lots that came for them."""
