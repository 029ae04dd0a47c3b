"""Pictures: assets, and the jobs that make and change them."""
