"""What is done with posts and accounts."""
