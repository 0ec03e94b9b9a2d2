"""Commands about stores: connect, look at, change, remove."""
