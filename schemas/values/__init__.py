"""The values that documents, messages and settings are made of."""
