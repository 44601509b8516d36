"""The picture of the city and what screens are told."""
