"""HTTP in: Afosto's webhooks, tasks of other systems, and whether all is well."""
