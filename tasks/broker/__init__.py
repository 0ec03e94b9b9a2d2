"""The message broker: addresses, queues, who consumes them, sending, and what its errors mean."""
