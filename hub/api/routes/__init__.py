"""One router a resource. Every route is described in docs/api.md."""
