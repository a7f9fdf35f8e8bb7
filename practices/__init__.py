"""Who we work for: practices, staff, roles, the audit trail."""
