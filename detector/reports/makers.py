"""Who can read what cannot be read here: the public checks of makers, and their addresses.

Each address is that of a page which its owner offers to the public. Nothing here opens one.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_noop


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
            reads=gettext_noop(
                "the invisible watermark SynthID, which the generators of Google and some of its "
                "partners put into their pictures"
            ),
            needs=gettext_noop("It asks you to sign in."),
        ),
        Maker(
            "openai",
            "OpenAI: Verify",
            "https://openai.com/verify/",
            reads=gettext_noop(
                "SynthID and Content Credentials in pictures that were made with ChatGPT or the "
                "programs of OpenAI"
            ),
            needs=gettext_noop("It finds nothing in pictures by other makers."),
        ),
        Maker(
            "adobe",
            "Adobe: Content Authenticity Inspect",
            "https://contentauthenticity.adobe.com/inspect",
            reads=gettext_noop(
                "Content Credentials, and Adobe's store of them: a picture that has lost its "
                "Content Credentials may be found there again by its watermark or its look"
            ),
            needs=gettext_noop(
                "Only the search for possible matches goes beyond what this program reads."
            ),
        ),
        Maker(
            "fal",
            "fal: Verify",
            "https://fal.ai/verify",
            reads=gettext_noop(
                "the watermark and the signature of pictures that were made with fal"
            ),
            needs=gettext_noop("It says that the file can be reached by its link for an hour."),
        ),
    )
}
