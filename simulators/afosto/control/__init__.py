"""The control API: set up tenants, act as their merchants, and read their state."""
