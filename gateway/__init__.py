"""The HTTP server: Afosto's webhooks, tasks of other systems, and health checks."""
