"""Tells other systems of events: subscribing, and sending with signature until the subscriber confirms."""
