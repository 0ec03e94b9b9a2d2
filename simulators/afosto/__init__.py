"""A simulated Afosto: GraphQL, webhooks and stock that behave like the real ones, with faults on command."""
