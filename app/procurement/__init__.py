"""Buying and being given: funds, offers, pledges, orders, receipts over all channels."""
