"""Policy, snapshot, plan: turns the facts into a problem, has it solved, and keeps the answer."""
