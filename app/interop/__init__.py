"""Files in and out: Excel, CSV and JSON of other offices."""
