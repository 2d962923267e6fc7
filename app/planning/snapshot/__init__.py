"""The facts of the database as a problem for the solver, and what changed between two of them."""
