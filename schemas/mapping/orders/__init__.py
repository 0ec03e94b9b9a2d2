"""An order of the shop as an Afosto order: address, items, prices, payment."""
