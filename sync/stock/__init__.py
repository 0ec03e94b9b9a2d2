"""The shop's stock: what Afosto has available less what is sold and not booked there."""
