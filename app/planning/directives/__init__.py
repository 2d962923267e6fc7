"""Directives: a leader gives a named facility a quantity of an item by a day; counts once another leader confirms."""
