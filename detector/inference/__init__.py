"""Serving: from bytes to a verdict. Imports neither Django nor torch."""
