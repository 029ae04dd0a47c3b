"""What the pages of reports show, and how their form is read."""
