"""From the shop to Afosto."""
