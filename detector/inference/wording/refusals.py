"""Why a picture is not analysed.

A refusal crosses processes and lies in rows as its English sentence, by which `recognising` finds
it again for a page in another language.
"""

from __future__ import annotations

SENTENCES = {
    "refusal.empty": "The file is empty.",
    "refusal.large": "The file has {size:.1f} MB; at most {limit} MB are accepted.",
    "refusal.large_body": "The file is too large; at most {limit} MB are accepted.",
    "refusal.pixels": "The picture has {width} x {height} pixels; at most {limit} million are "
    "accepted.",
    "refusal.memory": "Decoding this picture would take {size:.1f} GB of memory; at most "
    "{limit:.1f} GB are allowed. Save it with fewer pixels or as a JPEG.",
    "refusal.parts": "The file has {count} {parts:file_parts}; at most {limit:,} are accepted.",
    "file_parts.boxes": "boxes and more",
    "file_parts.scans": "scans and more",
    "file_parts.segments": "segments and more",
    "file_parts.chunks": "chunks and more",
    "file_parts.blocks": "data blocks and more",
    "file_parts.tags": "tags",
    "file_parts.many_tiles": "tiles and more",
    "file_parts.strips": "strips",
    "file_parts.tiles": "tiles",
    "refusal.unreadable": "The file cannot be read: {reason}.",
    "refusal.short_of_memory": "There is not enough memory to decode this picture now. Try again "
    "later, or with fewer pixels. This says nothing about the file itself.",
    "refusal.cut_off": "The file is damaged or cut off: the picture cannot be decoded completely.",
    "refusal.damaged": "The file is damaged: its header cannot be read.",
    "refusal.runs": "The BMP has {width} x {height} pixels compressed by runs; at most {limit} "
    "million are accepted in that form. Save it as a PNG.",
    "refusal.kind": "This is not a picture of a known kind ({formats}).",
    # Of the program that analyses
    "refusal.slow": "The analysis of this picture was stopped because it took longer than "
    "{seconds} seconds. A smaller copy of the picture may pass.",
    "refusal.memory_of_analysis": "The analysis of this picture needs more memory than there is. "
    "A smaller copy of the picture may pass.",
    "refusal.memory_limit": "The analysis of this picture needs more memory than the {megabytes} "
    "MB that one analysis may take. A smaller copy of the picture may pass.",
    "refusal.broken_off": "The program that analyses pictures broke off at this one, so there is "
    "no result. The server's log says how it ended; other pictures are not affected.",
    "refusal.not_ready": "The program that analyses pictures does not start at present. Try again "
    "later.",
    "refusal.busy": "Too many pictures are waiting for their analysis ({waiting}). Try again in a "
    "moment.",
}
