"""Running the installation: jobs, workers and health, over HTTP."""
