"""What a process counts and measures of its own work, and where it shows that. `exporter` shows the whole fleet."""
