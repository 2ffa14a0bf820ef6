"""How well the comparison works: copies of pictures with known truth, and what is found of it."""
