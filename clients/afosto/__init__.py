"""Afosto's GraphQL API: its documents, its client, and the check against the real schema. No other room knows its field names."""
