"""Connected stores and their tenants."""
