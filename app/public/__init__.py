"""What everybody may read without a log-in: the published balance, and where a gift has gone."""
