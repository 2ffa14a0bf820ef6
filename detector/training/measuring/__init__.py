"""How well each method and the verdict do on labelled pictures; see `run.py`."""
