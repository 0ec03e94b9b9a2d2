"""HTTP in: the room for Afosto's webhooks, the enqueue API and the status pages. Nothing lives here yet."""
