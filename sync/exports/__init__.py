"""From Afosto to the shop."""
