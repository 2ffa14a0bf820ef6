"""The kinds of pictures that a corpus knows, in the words that serving has for them."""

from __future__ import annotations

# Names that are not in this table ("other", or nothing) belong to no kind.
OF_CORPUS = {
    "photo": "photograph",
    "phone": "photograph",
    "photo-edited": "photograph",
    "face": "photograph",
    "art": "art",
    "graphic": "graphic",
    "render": "render",
    "screenshot": "screenshot",
    "document": "document",
}
