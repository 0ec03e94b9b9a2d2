"""What people ask for at once, of the command line, the console or the API: it is sent as a task."""
