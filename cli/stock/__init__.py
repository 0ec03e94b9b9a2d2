"""Commands about a store's stock."""
