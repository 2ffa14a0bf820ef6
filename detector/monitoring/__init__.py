"""What an operator wants to know of a running installation: whether it works, and how much."""
