"""PostgreSQL: stores, jobs, links, intents, inbox and attempts; what is wanted and what is done."""
