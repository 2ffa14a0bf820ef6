"""The scale of the map of differences, which the drawing and the page share."""

from __future__ import annotations

# A part is called changed where its difference is so many times the usual one for its texture.
TIMES = 3.5
# The top of the scale, in times of the usual difference.
MOST_TIMES = 2 * TIMES
