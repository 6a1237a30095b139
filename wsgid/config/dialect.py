"""Which language a text is in, when it is not the one that its file's name says."""

from __future__ import annotations

import re
from typing import NamedTuple

# What stands at a line's beginning, without space before it, and in no other of these languages there.
_PYTHON = re.compile(
    r"(import [\w.]+|from [\w.]+ import\b|def \w+\(.*:|class \w+.*:|if .+:|try:|@\w+)\s*(#.*)?$", re.ASCII
)
_PASTE = re.compile(
    r"\[[ \t]*(server|app|composite|filter|pipeline)[ \t]*:[ \t]*\w+[ \t]*\]|use[ \t]*=[ \t]*egg:"
)
_INI = re.compile(r"\[[ \t]*[\w.]+[ \t]*:[ \t]*[\w.]+[ \t]*\]|;|keys[ \t]*=[ \t]*\w")
_SHELL = re.compile(r"export[ \t]+\w+=|#!.*\bsh\b")
_CONFLICT = re.compile(r"<{7} |={7}$|>{7} ")
_YAML = re.compile(r"""(-[ \t]+)?["']?[\w-]+["']?:([ \t]|$)|-[ \t]|---$""")
_TOML = re.compile(r"""["']?[\w.-]+["']?[ \t]*=[^=]|\[+[\w.-]+\]+$""")

_SIGNS = (
    ("a merge conflict", _CONFLICT),
    ("Python", _PYTHON),
    ("PasteDeploy", _PASTE),
    ("an ini file", _INI),
    ("a shell script", _SHELL),
)

_ADVICE = {
    "Python": "the name of a Python file ends with .py",
    "PasteDeploy": "a file of PasteDeploy is given with --paste",
    "an ini file": "write it as TOML: name = value, texts in quotes; sections are maps, such as [env]",
    "a shell script": "write name = value here, or set WSGID_* variables in the environment",
    "a merge conflict": "settle it: keep one of the two sides, and delete the lines of marks",
    "JSON": "JSON is read as YAML: let the name of the file end with .yaml",
    "YAML": "the name of a YAML file ends with .yaml or .yml; TOML has name = value",
    "TOML": "the name of a TOML file ends with .toml; YAML has name: value",
}


class Guess(NamedTuple):
    """A language's name, as it stands after "this looks like", and the number of a line that shows it."""

    language: str
    line: int


def guess(text: str) -> Guess | None:
    """Return the language of a text; None where it is mixed, or none of those that people mistake."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    for language, sign in _SIGNS:
        found = next((number for number, line in lines if sign.match(line)), None)
        if found is not None:
            return Guess(language, found)
    if re.match(r"""\s*[{\[]\s*(["{\[]|$)""", text) and text.rstrip().endswith(("}", "]")) and '":' in text:
        return Guess("JSON", lines[0][0])
    in_yaml = [number for number, line in lines if _YAML.match(line.lstrip())]
    in_toml = [number for number, line in lines if _TOML.match(line.lstrip())]
    if len(in_yaml) == len(in_toml):
        return None
    return Guess("YAML", in_yaml[0]) if len(in_yaml) > len(in_toml) else Guess("TOML", in_toml[0])


def advice(language: str) -> str:
    """Say what to do with a text of a language that `guess` has named."""
    return _ADVICE[language]
