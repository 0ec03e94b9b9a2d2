"""The shops of one process, each with its tokens, its faults and its overselling check."""
