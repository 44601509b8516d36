"""Every figure we claim, reproducible by one command: `make bench`, or `make bench ARGS=switching` for one."""
