"""What is published: a balance per item and channel that must add up, numbered, corrected only with a reason."""
