"""The comparison of copies: whether they are one picture, what was done, which is better."""

from __future__ import annotations

from .plural import Entry, Plural

_POINTS = (
    "{inliers} of {matches} matched points lie where one map takes them, and {share} % of "
    "{blocks} parts with detail agree."
)

SENTENCES: dict[str, Entry] = {
    # Whether it is one picture
    "pair.same": f"This is the same picture. {_POINTS}",
    "pair.scene": "This is not a plain copy: it shows the same scene, but it is another photograph "
    f"of it, or large parts were changed. {_POINTS}",
    "pair.different": "This is not the same picture, as far as can be measured: only {inliers} "
    "points lie where one map could take them, and at least 12 are needed, with agreement between "
    "them. A very small crop, or a picture without detail, cannot be recognised either.",
    # What was done
    "change.whole": "Nothing was cropped.",
    "change.cropped": "It was cropped and shows {covered} % of the reference.[ At the left "
    "{left} pixels are missing.][ At the right {right} pixels are missing.][ At the top {top} "
    "pixels are missing.][ At the bottom {bottom} pixels are missing.]",
    "change.shows_more": "It shows more than the reference does.[ At the left it has {left} pixels "
    "more.][ At the right it has {right} pixels more.][ At the top it has {top} pixels more.][ At "
    "the bottom it has {bottom} pixels more.]",
    "change.reduced": "It was reduced to {percent} % of the size.",
    "change.enlarged": "It is larger: {percent} % of the size.",
    "change.stretched": "It was stretched: to {across} % of the width and {down} % of the height.",
    "change.perspective": "Its perspective was changed, or it is a photograph of the picture.",
    "change.bent": "It was bent smoothly by up to {pixels} pixels, as a correction of the lens "
    "does.",
    "change.mirrored": "It was mirrored, left to right.",
    "change.turned_right": "It was turned clockwise by {degrees} degrees.",
    "change.turned_left": "It was turned counter-clockwise by {degrees} degrees.",
    "change.format": "It is a {after}; the reference is a {before}.",
    "change.quality": "It was saved at JPEG quality {after}; the reference was saved at {before}.",
    "change.lossy": "It was saved as a JPEG at a quality of about {quality} of 100.",
    "change.not_retouched": "No part differs more than the size, the colours and the encoding "
    "explain. Small or faint retouching can be missed.",
    "change.retouched": Plural(
        "count",
        "One part differs more than the size, the colours and the encoding explain "
        "({share} % of the picture): somebody may have changed it, in this copy or in the other "
        "one.",
        "{count} parts differ more than the size, the colours and the encoding explain "
        "({share} % of the picture): somebody may have changed them, in this copy or in the other "
        "one.",
    ),
    "region.changed": "{where:region_place}: {share} % of the picture, {times} times the usual "
    "difference.",
    "region_place.0_0": "Top left",
    "region_place.0_1": "Top",
    "region_place.0_2": "Top right",
    "region_place.1_0": "Left",
    "region_place.1_1": "Middle",
    "region_place.1_2": "Right",
    "region_place.2_0": "Bottom left",
    "region_place.2_1": "Bottom",
    "region_place.2_2": "Bottom right",
    # Which copy is nearer to the camera
    "ranking.clear": "Copy {copy} is clearly the nearest to the camera of these.",
    "ranking.likely": "Copy {copy} is probably the nearest to the camera of these.",
    "ranking.open": "The files do not tell which copy is nearer to the camera.",
    "copy.raw": "It is a camera RAW file: what the sensor measured.",
    "copy.trusted": "A trusted signer has signed it (Content Credentials), and the file is "
    "unchanged since.",
    "copy.signed": "It carries valid Content Credentials, of a signer that is not on a list of "
    "trusted ones.",
    "copy.captured": "It holds the data of an exposure: camera and settings.",
    "copy.maker_notes": "It holds the camera maker's own notes, which most programs drop.",
    "copy.thumbnail_same": "The small preview in the file shows this picture.",
    "copy.shows_most": "It shows the most of the scene.",
    "copy.finest": "It shows the finest detail.",
    "copy.quality": "It was compressed the least[ (JPEG quality {quality})].",
    "copy.generated": "The file itself speaks of an AI.",
    "copy.broken": "Its Content Credentials are not valid: the file was changed after signing.",
    "copy.thumbnail_differs": "The small preview in the file differs: the picture was changed "
    "after the preview was made.",
    "copy.shared": "A platform has saved it again.",
    "copy.edited": "A program for editing pictures has written it ({program}).",
    # How the verdicts differ
    "verdicts.same": "All copies get the same verdict.",
    "verdicts.file": "The verdicts differ because of what the files say: copy {copies:and} carries "
    "evidence that the others have lost. Saving a picture again removes such data.",
    "verdicts.pixels": "The verdicts differ because the methods see other pixels. Reducing, "
    "compressing and retouching remove traces: trust the verdict of the copy that is the nearest "
    "to the camera.",
    "verdicts.raw": "The methods do not judge the pixels of a camera RAW file, so its verdict "
    "rests on the file alone. Look at the verdict of the finished picture, and at how the two "
    "differ.",
}
