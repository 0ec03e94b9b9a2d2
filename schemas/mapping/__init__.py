"""From the shop's documents to what Afosto is asked to do: pure functions, without I/O and without a clock."""
