"""GenImage folders: found, read, freed of duplicates across splits, and split; see `prepare.py`."""
