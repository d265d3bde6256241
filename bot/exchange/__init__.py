"""Exchanges of information between organisations, and the one way out."""
