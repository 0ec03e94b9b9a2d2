"""Finding what changed: polls of the shop, scans of Afosto and of the catalog."""
