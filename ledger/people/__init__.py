"""The people who use the console: users, their sessions, and the audit log of what they changed."""
