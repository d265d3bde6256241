"""Bytes to directory entries and back; pure: files are opened by whoever calls."""
