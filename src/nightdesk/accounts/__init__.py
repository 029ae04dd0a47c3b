"""People, their tokens and how they sign in."""
