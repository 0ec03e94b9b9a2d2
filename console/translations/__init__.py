"""The texts of the pages in other languages, and what of them is missing."""
