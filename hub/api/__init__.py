"""The control API: REST with problem+json, the event stream, the map, and the static page beside it."""
