"""Measures the solver beside plain PuLP with CBC and beside raw HiGHS, side by side in one run.

``python -m benchmarks --help`` tells the options; ``docs/benchmarks.md`` has what was measured.
"""
