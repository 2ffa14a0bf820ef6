"""How fast this installation is, and how much it needs: one measurement for each promise.

A measurement is a function with its sizes as keyword arguments; small ones finish in a second or
two. It yields lines as they are known. On a machine that others use too, the absolute times are
those of that moment: ratios between lines of one run say more.
"""
