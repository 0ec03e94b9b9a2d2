"""The demo: simulated shops trade, and the real connector keeps both sides in step."""
