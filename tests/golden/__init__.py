"""What operators read when something is wrong: the real command line, word for word, in both languages."""
