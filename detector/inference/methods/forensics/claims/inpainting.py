"""Whether the settings of a generator show that it painted into an existing picture.

Programs say so by the mode in which they ran, by the settings of the mask, or by the steps that
take one. That another picture was given to begin with is no such sign: all of it is drawn again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from detector.inference.methods.forensics.evidence import Rows

# The names of the rows in the table of parameters.
MODE, MASK = "mode", "mask"
# InvokeAI's "sdxl_inpaint", "outpaint"; NovelAI's "NativeInfillingRequest".
_MODES = re.compile(r"inpaint|outpaint|infill", re.IGNORECASE)
# ComfyUI's VAEEncodeForInpaint, InpaintModelConditioning, SetLatentNoiseMask; InvokeAI's
# infill_lama, create_denoise_mask, canvas_paste_back.
_STEPS = re.compile(
    r"inpaint|outpaint|infill|latentnoisemask|create_(denoise|gradient)_mask|canvas\w*paste_back",
    re.IGNORECASE,
)


def is_inpainting(rows: Rows) -> bool:
    """Whether the parameters show that only a part of the picture was generated."""
    return any(name == MASK or (name == MODE and _MODES.search(value)) for name, value in rows)


def paints_into(kinds: Iterable[str]) -> bool:
    """Whether one of these kinds of steps takes a mask."""
    return any(map(_STEPS.search, kinds))
