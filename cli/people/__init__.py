"""Commands about the users of the console."""
