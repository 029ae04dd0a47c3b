"""What the pages of posts have in common: their filter, their forms, and words for where they stand."""
