"""Incident rooms: one encrypted room per incident, its people, its timeline, its end."""
