"""Reaching people at any hour: escalations, and the ladder that climbs until somebody answers ``ok``."""
