"""What every domain stands on: settings, clock, errors, languages, database, numbering, the audit trail."""
