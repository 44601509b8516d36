"""Fire panels that speak for themselves, and fail on demand."""
