"""Commands for operators: is everything well, what waits, who works, and the servers."""
