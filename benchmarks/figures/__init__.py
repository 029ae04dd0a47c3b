"""The figures, one module each: `measure(scale)` yields the lines of the table."""
