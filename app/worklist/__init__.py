"""What waits for whom: counts of what is to be decided, sent, received and confirmed, with owner and due hour."""
