"""The schema's history, oldest first. Released revisions are never edited."""
