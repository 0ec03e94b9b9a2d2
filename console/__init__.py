"""The console: pages for people, of the state of stores and of what may be changed."""
