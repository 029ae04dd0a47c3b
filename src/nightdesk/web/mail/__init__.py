"""Mail as the pages show it: rows, mailings, the form of a new one, and the frame that a mail is looked at in."""
