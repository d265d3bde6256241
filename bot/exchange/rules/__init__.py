"""Pure decisions: what may go where under its label, and what happens to a row that wants to go out now."""
