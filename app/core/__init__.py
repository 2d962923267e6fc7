"""Shared by all domains: settings, clock, errors, languages, database, numbering, the audit trail."""
