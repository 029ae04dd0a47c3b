"""Mail: written down first, rendered once, sent by jobs, each by a rule for an end that nobody knows."""
