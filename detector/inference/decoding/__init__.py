"""Checks the structure of a file before any decoder does: limits, and parts to leave out."""
