"""The marks and texts that are hidden in the pixels."""

from __future__ import annotations

SENTENCES = {
    "watermark.found": "The pixels carry the invisible watermark of {model}: {matched} of its "
    "{bits} bits match. By chance, that happens in {odds:odds}. Programs that use this model put "
    "the watermark on pictures that they make, but also on photographs that they edit.",
    "odds.thousand_trillion": "less than one picture in a thousand trillion",
    "odds.trillion": "one picture in {one_in:,} trillion",
    "odds.billion": "one picture in {one_in:,} billion",
    "odds.million": "one picture in {one_in:,} million",
    "stealth.hidden": "A text is hidden in the pixels. Generators and their tools hide their "
    "settings in this form so that the settings survive when other data is removed from the file.",
}
