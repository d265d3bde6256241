"""The directory: networks, the organisations that they list, the people who staff them, and their rooms."""
