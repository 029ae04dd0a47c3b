"""Platforms on loopback ports: strict about their contract, honest where nothing is planned, and countable."""
