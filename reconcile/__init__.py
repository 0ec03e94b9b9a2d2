"""Comparing both sides of a store, diagnosing the differences, and repairing what is safe to repair."""
