"""Connecting a store: credentials, sales channel and locations, checked at both vendors."""
