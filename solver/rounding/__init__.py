"""Whole packs: rounds relaxed shipments so that every limit holds in exact integers."""
