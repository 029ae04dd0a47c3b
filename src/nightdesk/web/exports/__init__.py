"""What the pages of exports show, and how their form is read."""
