"""Private servers and whole installations for tests and benchmarks: started here, ended here, by pid."""
