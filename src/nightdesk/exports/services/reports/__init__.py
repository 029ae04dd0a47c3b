"""Reports: datasets and the forms they take."""
