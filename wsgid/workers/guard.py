"""A mistake of our own in a thread, of the system's or a green one: it ends the worker.

In the main thread it would by itself; anywhere else the thread would be gone, and the worker be half a one.
"""

import logging
import os
from collections.abc import Callable

from wsgid.errors import ExitCode


def guard(run: Callable[[], None], log: logging.Logger) -> None:
    """Run all that a thread does."""
    try:
        run()
    except BaseException:  # whatever it is, it is ours
        log.critical("a thread of the server failed", exc_info=True)
        os._exit(ExitCode.FAILURE)
