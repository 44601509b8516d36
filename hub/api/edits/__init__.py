"""Changes that people make: checked, written, taken over."""
