"""Offline: how the shipped weights are made. No Django; serving never imports this."""
