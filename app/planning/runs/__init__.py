"""Plan runs: the queue of what is computed in the background."""
