"""Benchmarks of the connector; `python -m benchmarks` runs all of them."""
