"""One file per command: parsed arguments → one service call → a Reply."""
