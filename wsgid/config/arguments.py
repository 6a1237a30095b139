"""What was typed, or given to a call: arguments -> a layer, with a place for each."""

from __future__ import annotations

import io
import os
import shlex
from typing import TYPE_CHECKING, NamedTuple

from wsgid.config.diagnostics import Where
from wsgid.config.env import CMD_ARGS, Piece, split
from wsgid.config.layers import BY_NAME, Layer, Place
from wsgid.config.options import Command, parse_command
from wsgid.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wsgid.config.layers import KeyPath
    from wsgid.config.options import Argument, Program


_NOTHING = Command(arguments=(), config=None, instance=None, wants_help=False, wants_version=False)


class Token(NamedTuple):
    """A word of a shell's line: what it means, and which columns it has, from 1."""

    text: str
    start: int
    end: int


def command_in_variable(environ: Mapping[str, str]) -> Command:
    """Read WSGID_CMD_ARGS; raises UsageError."""
    text = environ.get(CMD_ARGS, "")
    if not text:
        return _NOTHING  # a parser takes longer to make than all the rest of a load
    try:
        command = parse_command([token.text for token in tokens(text)])
    except ValueError as error:
        raise UsageError(f"wsgid: {CMD_ARGS}: {error}") from error
    except UsageError as error:
        raise UsageError(f"{error}\n(This is about the variable {CMD_ARGS}.)") from error
    if command.action != "serve" or command.wants_help or command.wants_version:
        raise UsageError(f"wsgid: {CMD_ARGS} holds settings; a command belongs on the command line")
    return command


def program_layers(program: Program) -> Iterator[Layer]:
    """Yield what the command itself says: wsgid-django serves the project of the start directory."""
    if program.setting == "django":
        where = Where("command line", "command line", None, 1, len(program.name) + 1, program.name)
        yield Layer(program.name, {"django": "."}, {("django",): Place(where, where)})


def argument_layer(arguments: Sequence[Argument]) -> Layer:
    """Return what the command line says; each argument is a line of its own."""
    return _layer("command line", arguments, [_typed(argument) for argument in arguments])


def variable_argument_layer(arguments: Sequence[Argument], text: str) -> Layer:
    """Return what WSGID_CMD_ARGS says; its text is the line."""
    before = f"{CMD_ARGS}="
    line = before + text
    places = []
    for key, value in _find(arguments, list(tokens(text))):
        spans = [(len(before) + start, len(before) + end) for start, end in (key, value)]
        whole, inner = (Where("environment", CMD_ARGS, None, start, end, line) for start, end in spans)
        places.append(Place(whole, inner))
    return _layer(CMD_ARGS, arguments, places)


def call_layer(call: Mapping[str, object]) -> Layer:
    """Return what a program gave to `wsgid.serve`: typed, as in a file; a path may be an os.PathLike."""
    values: dict[str, object] = {}
    places: dict[KeyPath, Place] = {}
    for name, value in call.items():
        values[name] = os.fspath(value) if isinstance(value, os.PathLike) else value
        before, line = f"{name}=", f"{name}={value!r}"
        places[name,] = Place(
            Where("call", "wsgid.serve()", None, 1, len(name) + 1, line),
            Where("call", "wsgid.serve()", None, len(before) + 1, len(line) + 1, line),
        )
    return Layer("wsgid.serve()", values, places)


def tokens(text: str) -> Iterator[Token]:
    """Split a text as a shell would; raises ValueError where a quotation does not end."""
    stream = io.StringIO(text)
    lexer = shlex.shlex(stream, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    end = 0
    while (word := lexer.get_token()) is not None:
        start = end + len(text[end:]) - len(text[end:].lstrip(lexer.whitespace))
        end = stream.tell()
        last = end - 1 if text[end - 1] in lexer.whitespace else end
        yield Token(word, start + 1, max(last, start) + 1)


def _layer(name: str, arguments: Sequence[Argument], found: Sequence[Place]) -> Layer:
    """Return a layer of arguments; the last one wins, but lists and maps collect."""
    values: dict[str, object] = {}
    places: dict[KeyPath, Place] = {}
    for argument, place in zip(arguments, found, strict=True):
        places[argument.name,] = place
        kind = BY_NAME[argument.name].kind
        if kind not in ("list", "map"):
            values[argument.name] = argument.text
            continue
        collected = values.setdefault(argument.name, [])
        assert isinstance(collected, list)
        pieces = list(split(argument.text)) if kind == "list" else [Piece(argument.text, 0)]
        for piece in pieces:
            places[argument.name, len(collected)] = _inside(place, argument, piece)
            collected.append(piece.text)
            if kind == "map":
                places[argument.name, piece.text.partition("=")[0]] = place
    return Layer(name, values, places, style="text")


def _inside(place: Place, argument: Argument, piece: Piece) -> Place:
    """Return the place of a part of a value, as far as that is written as it is meant."""
    where = place.value
    assert where.column is not None
    if where.text[where.column - 1 : where.end and where.end - 1] != argument.text:
        return place  # in quotes
    start = where.column + piece.start
    item = where._replace(column=start, end=start + len(piece.text))
    return Place(item, item)


def _typed(argument: Argument) -> Place:
    where = Where("command line", "command line", None, 1, len(argument.flag) + 1, argument.flag)
    if BY_NAME[argument.name].kind == "flag":
        return Place(where, where)
    before = f"{argument.flag} " if argument.flag else ""
    line = before + argument.text
    return Place(
        Where("command line", "command line", None, 1, len(argument.flag) + 1, line),
        Where("command line", "command line", None, len(before) + 1, len(line) + 1, line),
    )


Span = tuple[int, int]


def _find(arguments: Sequence[Argument], words: list[Token]) -> Iterator[tuple[Span, Span]]:
    """Yield where in a line each argument stands, its flag and its value.

    argparse does not say, so the line is searched for it; each word is found once.
    """
    left = list(words)
    for argument in arguments:
        for index, word in enumerate(left):
            value = _value_of(argument, word, left[index + 1 : index + 2])
            if value is not None:
                taken = 2 if value.start != word.start and value in left else 1
                del left[index : index + taken]
                yield (word.start, word.end), (value.start, value.end)
                break
        else:
            everything = (words[0].start, words[-1].end)
            yield everything, everything


def _value_of(argument: Argument, word: Token, following: Sequence[Token]) -> Token | None:
    """Return the value of an argument, if it is this one: `--flag value`, `--flag=value`, `-fvalue`."""
    if not argument.flag or BY_NAME[argument.name].kind == "flag":
        return word if word.text == (argument.flag or argument.text) else None
    if word.text == argument.flag:
        return next((token for token in following if token.text == argument.text), None) or (
            word if argument.text == BY_NAME[argument.name].bare else None
        )
    for between in ("=", ""):
        if word.text == argument.flag + between + argument.text:
            return Token(argument.text, word.start + len(argument.flag + between), word.end)
    return None
