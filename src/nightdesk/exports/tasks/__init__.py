"""Who makes exports and reports."""
