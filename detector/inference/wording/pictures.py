"""Notes on how a picture was opened, and on what the methods cannot see in it."""

from __future__ import annotations

from .plural import Entry, Plural

_NEAR = "Do not rely on a result near the middle of the scale"

SENTENCES: dict[str, Entry] = {
    # How the picture was opened
    "picture.frames": "This {format} holds several frames or pages. Only the first one was "
    "analysed.",
    "picture.damaged_parts": "Some parts of the file are damaged ({parts}) and were left out. The "
    "picture itself is complete.",
    "picture.invisible": "Every pixel of the picture is fully transparent, so a viewer shows "
    "nothing. The stored colours of its pixels are shown here, but the methods did not judge them.",
    "picture.reduced": "The picture has {width} x {height} pixels. It was analysed with its width "
    "and height divided by {factor}, which removes some of the traces that the methods look for.",
    "picture.broken_lines": Plural(
        "lines",
        "{lines} of the {height} lines of this fax is broken.",
        "{lines} of the {height} lines of this fax are broken.",
    ),
    "picture.no_end_marker": "The JPEG has no end marker. None of its pixels is missing.",
    "picture.last_blocks": "The last blocks of the JPEG are missing and were filled with grey.",
    "picture.raw_developed": "The camera RAW file was developed here, at half the width and height "
    "of its sensor, without any interpolation.",
    "picture.raw_preview": "The sensor data of this camera RAW file cannot be decoded here. The "
    "preview in the file is shown instead, which anybody can replace.",
    # What the methods cannot see
    "blind.raw": "A camera RAW file holds what the sensor measured, before any camera or program "
    "made a picture of it. The methods were not measured on such files, so they do not judge its "
    "pixels. Compare the finished picture with it instead.",
    "blind.invisible": "Every pixel is fully transparent, so a viewer shows nothing. There is "
    "nothing to judge.",
    "blind.tiny": "The picture has {width} x {height} pixels. A picture with a side of less than "
    "{least} pixels shows too little to be judged.",
    "blind.blank": "The picture is blank. There is nothing to judge.",
    "blind.small": "The picture is small ({width} x {height} pixels). The traces that the methods "
    "look for are rare in small pictures, or were lost when the picture was made smaller. "
    f"{_NEAR}, and analyse the full size if you can get it.",
    "blind.jpeg": "The picture is strongly compressed (JPEG quality of about {quality} of 100). "
    f"That removes the traces that methods 1, 2 and 4 look for. {_NEAR}.",
    "blind.compressed": "The picture is strongly compressed ({format} with {rate:.3f} bytes for "
    f"each pixel). That removes the traces that methods 1, 2 and 4 look for. {_NEAR}.",
    "blind.screen": "The picture has exactly the size of a screen ({width} x {height} pixels), so "
    "it may be a screenshot. A screenshot scales and redraws what it shows, which hides the "
    "origin of a picture. Analyse the original file if you can get it.",
    "blind.drawn": "The picture has few colours, or large areas of exactly one colour, as "
    "screenshots, drawings and diagrams do. Such pictures lack the noise that the methods look "
    "for.",
}
