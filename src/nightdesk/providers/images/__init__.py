"""Who makes and changes pictures: one protocol an operation, several adapters each."""
