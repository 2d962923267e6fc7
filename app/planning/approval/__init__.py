"""Approval of plans: lots reserved and money committed in one transaction; orders for what a plan buys."""
