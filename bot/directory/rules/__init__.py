"""Pure decisions of the directory: names, countries, search, targets, who may see what, what an import would do."""
