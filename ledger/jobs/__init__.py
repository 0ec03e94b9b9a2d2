"""Jobs: requested, claimed, settled, parked, and released to the broker."""
