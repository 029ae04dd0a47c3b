"""The `nightdesk` command. Modules import Django inside their functions: `nightdesk --help` answers at once."""
