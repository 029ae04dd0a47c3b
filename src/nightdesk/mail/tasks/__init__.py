"""Who sends mail."""
