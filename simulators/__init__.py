"""The two vendors, simulated: for the demo, the tests, and anyone who develops against either."""
