"""Fine-tunes a member of method 4 on the user's own pictures."""
