"""What the API shows of each thing, as plain data."""
