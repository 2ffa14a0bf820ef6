"""The traces that a camera, an editor, a website and compression leave: context only."""

from __future__ import annotations

_CAMERA = (
    '[ It names the lens "{lens}".][ It gives the date {date}.]'
    "[ It holds {note_bytes:,} bytes of notes from the camera maker.]"
    " Anyone can write such data into a file."
)
_JPEG = "Technical data: {tables:jpeg_tables}, {sampling:jpeg_sampling}[, {coding:jpeg_coding}]."
_REMOVED = (
    "Such services remove the data about the origin of a picture, so the lack of such data in this "
    "file means nothing."
)

SENTENCES = {
    "camera.named": f'The file names "{{camera}}" as the camera.{_CAMERA}',
    "camera.exposure": 'The file [names "{camera}" as the camera and ]gives the settings of an '
    f"exposure[: {{exposure}}].{_CAMERA}",
    "camera.place": "The file says where the picture was taken. The place is not read here.",
    "editor.name": 'The program that last wrote the file is "{name}", a picture editor.',
    "preview.same": "The small preview inside the file shows the same picture.",
    "preview.changed": "The small preview inside the file differs from the picture. The picture "
    "was cropped or changed after the preview was made.",
    "preview.other": "The small preview inside the file shows another picture, or another part of "
    "this one. The picture was changed after the preview was made.",
    "compression.standard": "The picture is a JPEG that was saved at quality {quality} of 100."
    "[ Before that, it was saved by {saved_by:jpeg_saver}.] " + _JPEG,
    "compression.own": "The picture is a JPEG that was saved at a quality of about {quality} of "
    "100[, by {saved_by:jpeg_saver}]. " + _JPEG,
    "jpeg_tables.standard": "the standard compression tables",
    "jpeg_tables.mozjpeg": "the compression tables of mozjpeg",
    "jpeg_tables.own": "compression tables of its own, as cameras and editors use them",
    "jpeg_sampling.grey": "grey",
    "jpeg_sampling.unusual": "colours at an unusual resolution",
    "jpeg_sampling.components": "{components} colour channels",
    "jpeg_sampling.4:4:4": "colours at full resolution (4:4:4)",
    "jpeg_sampling.4:2:2": "colours at half the width (4:2:2)",
    "jpeg_sampling.4:2:0": "colours at half the width and height (4:2:0)",
    "jpeg_sampling.4:4:0": "colours at half the height (4:4:0)",
    "jpeg_sampling.4:1:1": "colours at a quarter of the width (4:1:1)",
    "jpeg_sampling.4:1:0": "colours at a quarter of the width and half the height (4:1:0)",
    "jpeg_coding.baseline": "baseline coding",
    "jpeg_coding.sequential": "sequential coding",
    "jpeg_coding.progressive": "progressive coding",
    "jpeg_coding.lossless": "lossless coding",
    "jpeg_coding.arithmetic": "arithmetic coding",
    "jpeg_coding.progressive_arithmetic": "progressive, arithmetic coding",
    "jpeg_saver.photoshop": "Photoshop at quality {saved_quality} of 12",
    "jpeg_saver.save_for_web": 'Photoshop ("Save for Web") at quality {saved_quality} of 100',
    "resaved.jpeg": "The picture was saved as a JPEG before (at a quality of about {quality}) and "
    "then again with other settings, as websites and editors do.",
    "resaved.pixels": "The pixels carry traces of JPEG compression (quality of about {quality}), "
    "but the file is a {format}: somebody has saved the picture again.",
    "platform.marked": f"Facebook or Instagram saved this file again and marked it. {_REMOVED}",
    "platform.size": "The longest side has {longest} pixels, and the file holds no metadata. The "
    "file may be a copy that {platforms:or} saved, but other programs use this size too. "
    f"{_REMOVED}",
}
