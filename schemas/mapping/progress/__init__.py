"""What happens to an order after its import: cancellations, shipments and returns, in both directions."""
