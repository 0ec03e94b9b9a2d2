"""The API for other systems, by token."""
