"""Pure decisions about help: what a term means, who is asked first, what a request that waits does next."""
