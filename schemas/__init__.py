"""What crosses an edge: the vendors' documents, the task messages, the settings, and the errors all speak of."""
