"""Pages about one store on both sides: what differs, its repairs, and totals that differ."""
