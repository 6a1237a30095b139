"""What others sent, made fit for a log: one line, plain ASCII, nothing that a terminal obeys."""

from __future__ import annotations


def escape(text: str | bytes, limit: int = 200) -> str:
    r"""Return text as it may stand between quotes in a log, cut after `limit` characters of it.

    Octets are told as they came (latin-1, as PEP 3333 has them). `\"`, `\\`, `\xNN`, `\uNNNN` and
    `\UNNNNNNNN` stand for what is not plain, so that the original can be read back.
    """
    whole = text if isinstance(text, str) else text.decode("latin-1")
    return escaped(whole) if len(whole) <= limit else f"{escaped(whole[:limit])}..."


def escaped(text: str) -> str:
    """Return all of the text as it may stand between quotes."""
    return text if is_plain(text) else "".join(map(_character, text))


def is_plain(text: str) -> bool:
    """Say if the text may stand between quotes as it is; 0.1 us for a usual path."""
    return text.isascii() and text.isprintable() and '"' not in text and "\\" not in text


def _character(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isascii() and character.isprintable():
        return character
    code = ord(character)
    if code <= 0xFF:  # noqa: PLR2004  an octet
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004  the widths of \u and \U
