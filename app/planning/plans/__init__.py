"""Plans: stored with everything they came from, explained, compared, reported."""
