"""The API of mail."""
