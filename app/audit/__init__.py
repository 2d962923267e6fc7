"""What the auditor sees: the records of the audit trail and its signed head."""
