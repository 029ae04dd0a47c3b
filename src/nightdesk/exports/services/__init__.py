"""What is done with exports and reports."""
