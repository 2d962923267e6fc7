"""The city workbook: everything that a city enters before its first plan, as one file of sheets, out and in."""
