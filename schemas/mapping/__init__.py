"""Maps documents of one vendor to changes at the other: pure functions, without I/O and without a clock."""
