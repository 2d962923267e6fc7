"""The catalogue: items, grades, substitutions, facility types and norms."""
