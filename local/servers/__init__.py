"""PostgreSQL, Redis and the connector's processes in one folder, started and ended together."""
