"""What the pages of operators show: how the installation is, and who did what."""
