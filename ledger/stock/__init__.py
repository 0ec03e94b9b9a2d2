"""Stock: which SKUs are to be published, and what came of it."""
