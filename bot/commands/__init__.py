"""From a message to one command to one answer."""
