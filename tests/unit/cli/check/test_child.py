"""What a child's last words are, without our own frames among them."""

from __future__ import annotations

import wsgid.cli.check.child
from wsgid.cli.check.child import own_frames

TEXT = f"""Timeout (0:00:00.500000)!
Thread 0x00007f (most recent call first):
  File "/srv/shop/db.py", line 4 in connect
  File "/srv/shop/app.py", line 1 in <module>
  File "<frozen importlib._bootstrap>", line 241 in _call_with_frames_removed
  File "/usr/lib/python3.11/importlib/__init__.py", line 126 in import_module
  File "{wsgid.cli.check.child.__file__}", line 126 in _live
"""


def test_stacks_are_the_applications_alone() -> None:
    assert own_frames(TEXT) == (
        "Thread 0x00007f (most recent call first):\n"
        '  File "/srv/shop/db.py", line 4 in connect\n'
        '  File "/srv/shop/app.py", line 1 in <module>'
    )
