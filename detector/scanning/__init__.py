"""Analyses folders, lists and buckets of any number of pictures into one table of results.

Nothing here uses Django, since the nodes of a cluster run it without the site.
"""
