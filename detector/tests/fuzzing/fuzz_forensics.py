"""Fuzz method 3 with atheris. Run by hand; pytest does not collect this file.

    pip install atheris==3.0.0     # into an environment of its own: nothing else needs it
    python -m detector.tests.fuzzing.fuzz_forensics CORPUS -max_total_time=660 \
        -rss_limit_mb=1024 -timeout=5 -max_len=8192

CORPUS is a directory of inputs, made and filled with small true files if it is missing; the other
arguments are libFuzzer's. A crash is written as `crash-...`: mend the reader, then keep the file as
`detector/tests/crashers/NAME.bin`, where `test_forensics_crashers.py` replays it.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is not installed: pip install atheris==3.0.0")
    with atheris.instrument_imports(include=["detector.inference.methods.forensics"]):
        from detector.tests.fuzzing.targets import one_input, seeds

    for corpus in [Path(argument) for argument in sys.argv[1:] if argument[:1] != "-"][:1]:
        if not corpus.exists():
            corpus.mkdir(parents=True)
            for number, data in enumerate(seeds()):
                (corpus / f"seed-{number:03}").write_bytes(data)
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
