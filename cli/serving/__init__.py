"""Commands that start what listens: the gateway and the console."""
