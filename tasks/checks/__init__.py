"""What is checked to tell whether everything is in place: for `connector doctor` and the console."""
