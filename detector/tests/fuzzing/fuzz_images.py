"""Fuzz the door for pictures, or one walk of `decoding/`, with atheris. Run by hand.

    pip install atheris==3.0.0     # into an environment of its own: nothing else needs it
    python -m detector.tests.fuzzing.fuzz_images all CORPUS -max_total_time=600 \
        -rss_limit_mb=2048 -timeout=10 -max_len=16384

The first argument is `all` for `open_image`, or a format for its walk alone; the others are as in
`fuzz_forensics`. A crash is written as `crash-...`: mend the code, then keep the file as
`detector/tests/crashers/NAME.bin`.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is not installed: pip install atheris==3.0.0")
    parts = ["detector.inference.decoding", "detector.inference.images"]
    with atheris.instrument_imports(include=parts):
        from detector.tests.fuzzing.image_targets import IMAGE_TARGETS, image_seeds

    name = sys.argv.pop(1) if len(sys.argv) > 1 else ""
    if name not in IMAGE_TARGETS:
        sys.exit(f"{name!r} is no target; accepted are {', '.join(IMAGE_TARGETS)}.")
    for corpus in [Path(argument) for argument in sys.argv[1:] if argument[:1] != "-"][:1]:
        if not corpus.exists():
            corpus.mkdir(parents=True)
            for number, data in enumerate(image_seeds(name)):
                (corpus / f"seed-{number:03}").write_bytes(data)
    atheris.Setup(sys.argv, IMAGE_TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
