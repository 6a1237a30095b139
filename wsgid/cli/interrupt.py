"""Ctrl-C while a command ends: no traceback, and no waiting either."""

from __future__ import annotations


def let_interrupts_end_us() -> None:
    """Have SIGINT end the process from here on, where only the interpreter's own end is left.

    A KeyboardInterrupt would show where in the library that was. To ignore it would be worse: an end may last
    for ever, if a user's file has started a thread that does not stop.
    """
    import signal  # noqa: PLC0415  lazy: --help and --version do without

    signal.signal(signal.SIGINT, signal.SIG_DFL)
