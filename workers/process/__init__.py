"""How a worker process is set up before it works: its memory and its niceness."""
