"""Dispatch: transfer orders of approved plans, what was shipped, what arrived, and the cases where they differ."""
