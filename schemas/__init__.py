"""What crosses an edge: the vendors' documents, the task messages, the settings, and the errors everything speaks of."""
