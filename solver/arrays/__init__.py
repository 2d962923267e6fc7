"""A problem as arrays: tables, allowed arcs, networks, connected components, limits as sparse rows."""
