"""What is read from the environment, one topic a file. Reading has no side effect."""
