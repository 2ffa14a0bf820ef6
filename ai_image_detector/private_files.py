"""Files that hold a secret of this installation."""

from __future__ import annotations

import os
from pathlib import Path


def make_private_file(path: Path, content: bytes) -> None:
    """Write a file that its owner alone may read, unless it is there. Raises `OSError`."""
    # Made whole under another name, then linked: of two first starts at once one file wins.
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
