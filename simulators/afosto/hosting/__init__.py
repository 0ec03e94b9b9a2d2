"""The tenants of one process, each with its faults and counts."""
