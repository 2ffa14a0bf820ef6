"""The sentences about the verdict as a whole."""

from __future__ import annotations

from .plural import Entry

_TOGETHER = "The methods together put the chance that an AI made this picture at {chance:.1%}."

# The outcomes in words, and the side towards which "Cannot tell" may lean.
OUTCOMES = {
    "ai": "Likely made by AI",
    "ai_edited": "Edited with AI",
    "no_sign": "No sign of AI found",
    "uncertain": "Cannot tell",
    "not_assessed": "Too little to go by",
    "captured": "Captured by a camera, says a trusted signature",
}
LEANS = {"ai": "leans towards AI", "real": "leans towards real"}

SENTENCES: dict[str, Entry] = {
    **{f"outcome.{outcome}": words for outcome, words in OUTCOMES.items()},
    **{f"lean.{side}": words for side, words in LEANS.items()},
    # The reasons for the verdict
    "reason.file_decides": "The file itself says so: {evidence} This decides the result. What the "
    "methods see in the pixels does not change it.",
    "reason.file_edited": "The file itself says that an AI changed a part of the picture: "
    "{evidence}",
    "reason.signed": "It is signed by a signer whom this installation trusts.",
    "reason.forgeable": "Such data can be forged or copied into another file.",
    "reason.other_claim": "Yet something else in the file says that an AI was used: see what the "
    "file says.",
    "reason.contradiction": "The file contradicts itself: {ai} Yet: {camera} At least one of the "
    "two statements does not belong to this picture, or an AI has changed a photograph. The file "
    "does not show which is the case, so we take no side, whatever the methods see in the pixels.",
    "reason.not_assessed": "So this picture gets no verdict, whatever the methods say.",
    "reason.silent": "No method could say anything about this picture.",
    "reason.score_ai": f"{_TOGETHER} From {{ai:.1%}} up, we say that an AI likely made a picture.",
    "reason.score_real": f"{_TOGETHER} Up to {{real:.1%}}, we say that no sign of AI was found. "
    "That does not prove that no AI was used.",
    "reason.score_uncertain": f"{_TOGETHER} The evidence is not strong enough for either side: we "
    "take a side only from {ai:.1%} up or from {real:.1%} down.",
    "reason.claim_against": "Yet something in the file says that an AI was used, so we take no "
    "side: see what the file says.",
    "reason.sides": "Evidence for AI comes from {ai:and}, and against AI from {real:and}.",
    "reason.moved_most": "Method {number} moved the result most.",
    "reason.second_opinions": "Second opinions, which do not count: {methods:and}.",
    "reason.no_answer": "There is no answer from: {methods:method_name}.",
    # Results of an earlier version of this program, which kept only sentences.
    "schema_0.sentence": "{text}",
    # How far the methods agree
    "agreement.none": "No method that counts could give a score.",
    "agreement.one": "Only one method that counts could give a score.",
    "agreement.all_ai": "All {total} methods that count lean towards AI.",
    "agreement.all_real": "All {total} methods that count lean towards real.",
    "agreement.undecided": "None of the {total} methods that count leans to a side.",
    "agreement.split": "The methods disagree. Number of methods that lean towards AI: {ai}; "
    "towards real: {real}; to neither side: {unsure}.",
    "agreement.part": "The methods agree in part. Number of methods that lean towards AI: {ai}; "
    "towards real: {real}; to neither side: {unsure}.",
    # The statements of the file
    "declared.ai": "The file states that an AI made the picture.",
    "declared.ai_by": "The file states that an AI made the picture (program: {tool}).",
    "declared.edited": "The file states that an AI changed a part of the picture.",
    "declared.edited_by": "The file states that an AI changed a part of the picture (program: "
    "{tool}).",
    "declared.contains": "The file states that the picture was composed of several pictures, one "
    "of which was made by an AI.",
    "declared.captured": "The file states that a camera took the picture.",
    "declared.captured_by": "The file states that a camera took the picture (device or program: "
    "{tool}).",
    "declared.stitched": "The file states that the picture was put together from several "
    "photographs.",
    "declared.created": "The file states that the picture was drawn or rendered without "
    "generative AI.",
    "declared.created_by": "The file states that the picture was drawn or rendered without "
    "generative AI (program: {tool}).",
    "declared.other": "The file states something about its origin, but nothing about AI or a "
    "camera.",
    "declared.other_by": "The file states something about its origin, but nothing about AI or a "
    "camera (program: {tool}).",
    # Contradictions
    "conflict.file": "The file contradicts itself: {ai} Yet: {camera}",
    "conflict.ai_declared": "The file says that an AI made the picture, but its pixels look like "
    "those of a picture made without AI (chance of AI by the pixels: {chance:.0%}).",
    "conflict.capture_declared": "The file says that a camera took the picture, but its pixels "
    "look like those of a picture made by an AI (chance of AI by the pixels: {chance:.0%}).",
    # Pictures in which there is nothing to judge
    "blind.pattern": "The picture is a synthetic pattern, such as flat areas, plain gradients or "
    "pure noise. There is nothing to judge.",
    "blind.extreme": "The picture is compressed so strongly ({format} with {rate:.4f} bytes for "
    "each pixel) that the traces that the methods look for are gone.",
    "blind.extreme_jpeg": "The picture is compressed so strongly (JPEG quality of about {quality} "
    "of 100) that the traces that the methods look for are gone.",
}
