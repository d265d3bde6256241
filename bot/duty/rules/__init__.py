"""Pure decisions about wall time, office hours and whose turn it is."""
