"""The control API: set up shops, act as their merchants, and read their state."""
