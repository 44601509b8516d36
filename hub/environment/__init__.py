"""The air over the city: indices, checks, corrections and limits. Decisions are pure; `air` and `watch` read and tell."""
