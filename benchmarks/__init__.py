"""The benchmarks: real processes, real servers, peers measured in the same run. `python -m benchmarks`."""
