"""What facilities ask for, checked against norms, and what is let into the plan."""
