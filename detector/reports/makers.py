"""Who can read what cannot be read here: the public checks of makers, and their addresses.

Each address is that of a page which its owner offers to the public. Nothing here opens one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Maker:
    """A check: whose it is, what it reads that this program cannot, and what it asks for."""

    key: str
    name: str
    address: str
    reads: str
    needs: str


MAKERS = {
    maker.key: maker
    for maker in (
        Maker(
            "google",
            "Google: SynthID Detector",
            "https://synthid.com/",
            reads="the invisible watermark SynthID, which the generators of Google and some of its "
            "partners put into their pictures",
            needs="It asks you to sign in.",
        ),
        Maker(
            "openai",
            "OpenAI: Verify",
            "https://openai.com/verify/",
            reads="SynthID and Content Credentials in pictures that were made with ChatGPT or the "
            "programs of OpenAI",
            needs="It finds nothing in pictures by other makers.",
        ),
        Maker(
            "adobe",
            "Adobe: Content Authenticity Inspect",
            "https://contentauthenticity.adobe.com/inspect",
            reads="Content Credentials, and Adobe's store of them: a picture that has lost its "
            "Content Credentials may be found there again by its watermark or its look",
            needs="Only the search for possible matches goes beyond what this program reads.",
        ),
        Maker(
            "fal",
            "fal: Verify",
            "https://fal.ai/verify",
            reads="the watermark and the signature of pictures that were made with fal",
            needs="It says that the file can be reached by its link for an hour.",
        ),
    )
}
