"""Looks at the structure of a file before any decoder does: limits, and what may be left out."""
