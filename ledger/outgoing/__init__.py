"""What goes out to other systems: their subscriptions, and the events that they have not confirmed yet."""
