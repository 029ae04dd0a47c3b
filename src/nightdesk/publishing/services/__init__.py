"""What is done with posts, accounts, publishings and the journal."""
