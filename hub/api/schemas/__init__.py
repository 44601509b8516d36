"""What is sent and shown, as pydantic models."""
