"""Celery tasks, one module per queue: thin, named in the trade's words, taking ids only."""
