"""Who is on duty, and whether an organisation's office is open: in the organisation's own wall time."""
