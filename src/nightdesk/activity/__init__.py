"""Activity: who did what, kept for as long as the settings say."""
