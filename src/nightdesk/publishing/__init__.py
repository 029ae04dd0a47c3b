"""Posts: written once, published on many platforms, each by a job of its own."""
