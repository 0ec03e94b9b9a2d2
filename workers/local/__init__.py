"""Everything on one machine: a PostgreSQL, a Redis and the connector's processes, in one folder of the project."""
