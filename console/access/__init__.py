"""Who may see and change what: roles, sessions, forms, the audit log."""
