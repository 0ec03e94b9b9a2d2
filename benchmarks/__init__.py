"""What the connector is measured by; `python -m benchmarks` runs all of it."""
