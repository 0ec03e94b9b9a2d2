"""Afosto's GraphQL API: documents, client, check against the real schema. No other room knows its field names."""
