"""Commands about orders and their jobs: what happened, what is parked, polls, comparisons, recovery."""
