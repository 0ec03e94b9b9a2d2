"""What a shop consists of: catalog, orders, processes, totals, switches. Nothing here changes a shop."""
