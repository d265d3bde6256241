"""How fast, beside what the same homeserver can do at all; never a timed test."""
