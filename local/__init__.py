"""Everything on one machine: PostgreSQL, Redis and the connector's processes, all in one folder."""
