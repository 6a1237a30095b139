"""What a reload changes, in lines with places: `workers 4 -> 8 (/etc/wsgid/shop.d/50-more.toml:1:11)`.

Nothing here knows how a change is carried out; `About.change` says what it needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import FunctionType
from typing import TYPE_CHECKING, Final

from wsgid.config.settings import Settings, about
from wsgid.net.address import is_passed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wsgid.config.load import Loaded

# A logging configuration has hundreds of characters; a line of log is to be read.
_WIDEST: Final = 60

_REDACTED: Final = "<redacted>"
_NOTHING: Final = "(none)"


def differences(former: Loaded, new: Loaded) -> list[str]:
    """Return a line for each setting that differs, in the order of the settings; a line says if none does."""
    lines = [
        f"{_change(name, getattr(former.settings, name), getattr(new.settings, name))}"
        f"{_outlook(name, former, new)} ({place(new, name, _news(name, former, new))})"
        for name in _changed(former, new)
    ]
    return lines or ["no setting has changed"]


def keep_what_must_wait(former: Loaded, new: Loaded) -> Loaded:
    """Return what comes into force: of settings that need a restart the former value, with its place.

    So they differ at the next reload too, and are told again, until the restart or the edit that undoes them.
    """
    waiting = [name for name in _changed(former, new) if about(name).change == "restart"]
    if not waiting:
        return new
    kept = {name: getattr(former.settings, name) for name in waiting}
    history = {name: given for name, given in new.history.items() if name not in kept}
    history |= {name: former.history[name] for name in waiting if name in former.history}
    return new._replace(settings=new.settings.model_copy(update=kept), history=history)


def place(loaded: Loaded, name: str, inside: int | str | None = None) -> str:
    """Return where a setting's value comes from: `/etc/wsgid/shop.toml:2:9`, or `default`.

    `inside` is the number of an item, or a key of a map, whose own place is given if it is known.
    """
    if inside is not None:
        for checked in (one for one in reversed(loaded.layers) if name in one.values):
            found = checked.layer.places.get((name, inside))
            if found is not None:
                return str(found.value)
            if isinstance(inside, int):
                break  # the highest layer's list is the whole list
    return str(loaded.where(name) or "default")


def place_of_address(loaded: Loaded, text: str) -> str:
    """Return where an address of `bind` comes from."""
    bind = loaded.settings.bind
    return place(loaded, "bind", bind.index(text) if text in bind else None)


def _changed(former: Loaded, new: Loaded) -> Iterator[str]:
    for name in Settings.model_fields:
        before, after = getattr(former.settings, name), getattr(new.settings, name)
        if not _is_same(before, after):
            yield name


def _is_same(before: object, after: object) -> bool:
    """Compare two values; functions of a file that was read twice are two, and may be the same."""
    if isinstance(before, FunctionType) and isinstance(after, FunctionType):
        names = (before.__module__, before.__qualname__) == (after.__module__, after.__qualname__)
        return names and before.__code__ == after.__code__ and before.__defaults__ == after.__defaults__
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return before.keys() == after.keys() and all(_is_same(before[key], after[key]) for key in before)
    return type(before) is type(after) and before == after


def _news(name: str, former: Loaded, new: Loaded) -> int | str | None:
    """Return what is new inside a list or a map, the first of it: there an eye should look."""
    before, after = getattr(former.settings, name), getattr(new.settings, name)
    if isinstance(before, tuple) and isinstance(after, tuple):
        return next((number for number, item in enumerate(after) if item not in before), None)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return next(
            (key for key in after if key not in before or not _is_same(before[key], after[key])), None
        )
    return None


def _outlook(name: str, former: Loaded, new: Loaded) -> str:
    if about(name).change == "restart":
        return " waits for a restart"
    if name == "reuse_port":
        # The kernel wants it before bind(2), and of every socket at that address.
        kept = [text for text in new.settings.bind if text in former.settings.bind and _has_port(text)]
        if kept:
            return f" waits for a restart at {', '.join(kept)}"
    return ""


def _has_port(text: str) -> bool:
    return not text.startswith("unix:") and not is_passed(text)


def _change(name: str, before: object, after: object) -> str:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return f"{name} {_map_change(before, after, is_secret=about(name).is_secret)}"
    if isinstance(before, tuple) and isinstance(after, tuple):
        return f"{name} {_list_change(before, after)}"
    if about(name).is_secret:
        before, after = before and _REDACTED, after and _REDACTED
    is_octal = about(name).is_octal
    return f"{name} {_short(before, is_octal=is_octal)} -> {_short(after, is_octal=is_octal)}"


def _list_change(before: Sequence[object], after: Sequence[object]) -> str:
    came = [f"+ {_short(item)}" for item in after if item not in before]
    went = [f"- {_short(item)}" for item in before if item not in after]
    if not came and not went:  # their order, or how often one is there
        return f"{', '.join(map(_short, before))} -> {', '.join(map(_short, after))}"
    return ", ".join((*came, *went))


def _map_change(before: Mapping[str, object], after: Mapping[str, object], *, is_secret: bool) -> str:
    def shown(value: object) -> str:
        return _REDACTED if is_secret else _short(value)

    came = [f"+ {_short(key)}={shown(after[key])}" for key in after if key not in before]
    went = [f"- {_short(key)}" for key in before if key not in after]
    others = [
        f"{_short(key)} {shown(before[key])} -> {shown(after[key])}"
        for key in after
        if key in before and not _is_same(before[key], after[key])
    ]
    return ", ".join((*came, *went, *others))


def _short(value: object, *, is_octal: bool = False) -> str:
    """Return a value as it may stand in a line: bare where it is a word, cut where it is long."""
    if value is None or value == "":
        return _NOTHING
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if is_octal and isinstance(value, int):
        return f"0o{value:o}"
    if isinstance(value, FunctionType):
        return f"{value.__module__}:{value.__qualname__}"
    text = value if isinstance(value, str) and value.isprintable() and " " not in value else repr(value)
    return text if len(text) <= _WIDEST else f"{text[:_WIDEST]}..."
