"""What `make check` and `make test` run beside the tools of others."""
