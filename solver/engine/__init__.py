"""From a problem to a proved plan: subproblems, components, worker processes, merging."""
