"""Notes on the way of a picture into the program, and what the methods cannot see in it."""

from __future__ import annotations

from .plural import Entry, Plural

_NEAR = "Do not rely on a verdict near the middle"

SENTENCES: dict[str, Entry] = {
    # On the way in
    "picture.frames": "This {format} holds several frames or pages. Only the first one was "
    "analysed.",
    "picture.damaged_parts": "Parts of the file beside the picture are damaged ({parts}) and were "
    "left out. The picture itself is whole.",
    "picture.invisible": "Every pixel of the picture is fully transparent, so a viewer shows "
    "nothing. The colours that the file stores are shown here. They were not scored.",
    "picture.reduced": "The picture has {width} x {height} pixels. It was analysed with its sides "
    "divided by {factor}, which removes a part of the traces that the methods look for.",
    "picture.broken_lines": Plural(
        "lines",
        "{lines} of the {height} lines of this fax is broken.",
        "{lines} of the {height} lines of this fax are broken.",
    ),
    "picture.no_end_marker": "The JPEG has no end marker. All of its pixels are there.",
    "picture.last_blocks": "The last blocks of the JPEG are missing and were filled with grey.",
    # Blind spots
    "blind.invisible": "Every pixel is fully transparent, so a viewer shows nothing. There is "
    "nothing to judge.",
    "blind.tiny": "The picture has {width} x {height} pixels. A picture with a side of less than "
    "{least} pixels shows too little to judge it.",
    "blind.blank": "The picture is blank. There is nothing to judge.",
    "blind.small": "The picture is small ({width} x {height} pixels). The traces that the methods "
    "look for are few here, or were lost when the picture was made smaller. "
    f"{_NEAR}, and analyse the full size if you can get it.",
    "blind.jpeg": "The picture is strongly compressed (JPEG quality of about {quality} of 100). "
    f"That removes the traces that methods 1, 2 and 4 look for. {_NEAR}.",
    "blind.compressed": "The picture is strongly compressed ({format} with {rate:.3f} bytes for "
    f"each pixel). That removes the traces that methods 1, 2 and 4 look for. {_NEAR}.",
    "blind.screen": "The picture has exactly the size of a screen ({width} x {height} pixels), so "
    "it may be a screenshot. A screenshot scales and draws again what it shows, which hides the "
    "origin. Analyse the original file if you can get it.",
    "blind.drawn": "The picture has few colours, or large parts of exactly one colour, as "
    "screenshots, drawings and diagrams have. The noise that the methods look for is missing "
    "there.",
}
