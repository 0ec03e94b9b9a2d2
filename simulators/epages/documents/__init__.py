"""Documents as the vendor's API writes them."""
