"""Exactly once, whatever dies in between, or reported."""
