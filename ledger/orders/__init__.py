"""Orders: how far they are read, what is linked, and what of them is sold and not booked."""
