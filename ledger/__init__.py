"""Postgres: stores, jobs, links, intents, inbox and attempts. It knows what is wanted and what is done."""
