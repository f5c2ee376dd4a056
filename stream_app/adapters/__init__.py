"""One outside thing per module: what the product reads from or writes to."""
