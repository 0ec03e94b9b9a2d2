"""Both vendors, simulated: for the demo, the tests, and for development without real accounts."""
