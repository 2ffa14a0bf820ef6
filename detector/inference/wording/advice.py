"""The advice on what to do next, for each outcome and kind of evidence."""

from __future__ import annotations

SENTENCES = {
    "advice.find_original": "Look for the original file. Copies on websites have often lost the "
    "data about where a picture comes from.",
    "advice.ask_source": "Ask whoever published the picture how it was made.",
    "advice.do_not_accuse": "Do not accuse anyone on the strength of this result alone. It is an "
    "estimate, not a proof, and it can be wrong in both directions.",
    "advice.no_proof_of_real": "This does not prove that the picture is real. New generators and "
    "careful edits may leave no sign that we can find.",
    "advice.check_source": "Check where the picture comes from: search the web for the same "
    "picture, and find out who published it first.",
    "advice.forgeable": "Anyone can write such data into a file or copy it from another file. "
    "Confirm it before you rely on it.",
    "advice.compare_original": "Compare the picture with the original photograph, if you can get "
    "it. We cannot say which part was changed.",
    "advice.signed_statement": "The signature proves who made this statement, and that the file "
    "has not changed since. Decide whether you believe the signer.",
    "advice.find_publisher": "Check that whoever published the picture says the same about it.",
    "advice.scene": "The signature does not prove that the scene was real: a camera can also take "
    "a picture of a screen or of a print.",
    "advice.contradiction": "Two pieces of evidence contradict each other. Look for the original "
    "file and check which of the two it contains.",
    "advice.larger_copy": "Analyse a larger copy of the picture, if you can get one.",
    "advice.better_copy": "Analyse a less compressed copy of the picture, if you can get one.",
    "advice.visible_copy": "Analyse a copy of the picture that is not transparent.",
    "advice.drawn": "A plain surface, a diagram or a logo contains no noise. So nothing in it "
    "distinguishes a drawing made by an AI from any other drawing.",
}
