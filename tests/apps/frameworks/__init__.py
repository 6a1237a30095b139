"""The same small site in each framework: a page, a form, an upload, a stream, an error, a static file.

`told` says what an upload was; `blocks` are what a stream is made of; `STATIC` is what is served as a file.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STATIC = Path(__file__).parent
BLOCK = bytes(range(256)) * 64


def told(name: str, content: bytes) -> dict[str, object]:
    return {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def blocks(count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield BLOCK
