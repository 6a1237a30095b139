"""What is known of a setting beside its type and default, and which kinds of workers honour it."""

from __future__ import annotations

from typing import Literal, NamedTuple

Change = Literal["live", "workers", "listeners", "restart"]

ALL_KINDS = ("sync", "gthread", "gevent", "eventlet", "tornado", "asgi")
# DESIGN, "Workers: composition": the poller's promises are those of sync and gthread ...
POLLER_KINDS = ("sync", "gthread")
# ... limits are kept by every kind that has our parser.
PARSER_KINDS = ("sync", "gthread", "gevent", "eventlet")
# Those that bring the server of a library along, and what only that server does.
ASGI_ALONE = ("asgi",)


class About(NamedTuple):
    """Stands in a setting's annotation.

    `change` is what a running server needs for a new value, beyond the arbiter itself: "live" nothing.
    `metavar` is what --help shows for the value. `kinds` are the worker classes that honour it.
    `old_flags` are taken, but not shown. `bare` is what a flag without a value means, if it may have none.
    `default_words` say the default where its value does not. `is_gunicorn`: gunicorn has the name, too.
    `is_secret`: messages do not quote its value.

    `section` and `words` (those that it takes, where it takes only some) are filled in by `settings.about`.
    """

    change: Change
    help: str
    flags: tuple[str, ...] = ()
    metavar: str = ""
    kinds: tuple[str, ...] = ALL_KINDS
    aliases: tuple[str, ...] = ()
    old_flags: tuple[str, ...] = ()
    bare: str = ""
    default_words: str = ""
    is_gunicorn: bool = True
    is_secret: bool = False
    is_octal: bool = False
    section: str = ""
    words: tuple[str, ...] = ()
    true_word: str = ""
    """What `true` means, where words are expected; `false` is then "off"."""
