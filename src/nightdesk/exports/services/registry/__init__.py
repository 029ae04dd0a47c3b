"""What may be exported: models, fields and filters, by an allow-list."""
