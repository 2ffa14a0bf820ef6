"""The kinds of pictures that a corpus knows, in the words that serving has for them."""

from __future__ import annotations

# What is not here ("other", or nothing) belongs to no kind.
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
