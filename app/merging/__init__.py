"""Two places, items or partners that are the same become one: what is open moves, what is past stays readable."""
