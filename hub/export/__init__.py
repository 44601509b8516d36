"""What the hub shows to other systems besides its API."""
