"""Pure decisions of the ladder: what is due when, what folds, which room rings, who may do what."""
