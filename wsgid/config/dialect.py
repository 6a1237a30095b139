"""Which language a text is in, when it is not the one that its file's name says."""

from __future__ import annotations

import re

# What stands at the beginning of a line, and in no other of these languages there.
_PYTHON = re.compile(
    r"(import [\w.]+|from [\w.]+ import\b|def \w+\(.*:|class \w+.*:|if .+:|try:|@\w+)\s*(#.*)?", re.ASCII
)
_PASTE = re.compile(
    r"\[[ \t]*(server|app|composite|filter|pipeline)[ \t]*:[ \t]*\w+[ \t]*\]|use[ \t]*=[ \t]*egg:"
)
_INI = re.compile(r"\[[ \t]*[\w.]+[ \t]*:[ \t]*[\w.]+[ \t]*\]|;|keys[ \t]*=[ \t]*\w")
_SHELL = re.compile(r"export[ \t]+\w+=|#!.*\bsh\b")
_CONFLICT = re.compile(r"<{7} |={7}$|>{7} ")
_YAML = re.compile(r"""(-[ \t]+)?["']?[\w-]+["']?:([ \t]|$)|-[ \t]|---$""")
_TOML = re.compile(r"""["']?[\w.-]+["']?[ \t]*=[^=]|\[+[\w.-]+\]+$""")

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


def guess(text: str) -> str:
    """Return a language's name as it stands after "this looks like", or nothing where the text is mixed."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("# ")]
    for language, sign in (
        ("a merge conflict", _CONFLICT),
        ("Python", _PYTHON),
        ("PasteDeploy", _PASTE),
        ("an ini file", _INI),
        ("a shell script", _SHELL),
    ):
        # In YAML a list stands at the margin, too.
        if any(_matches(sign, line) for line in lines):
            return language
    if re.match(r"""\s*[{\[]\s*(["{\[]|$)""", text) and text.rstrip().endswith(("}", "]")) and '":' in text:
        return "JSON"
    in_yaml = sum(_YAML.match(line.lstrip()) is not None for line in lines)
    in_toml = sum(_TOML.match(line.lstrip()) is not None for line in lines)
    if in_yaml == in_toml:
        return ""
    return "YAML" if in_yaml > in_toml else "TOML"


def advice(language: str) -> str:
    """Say what to do with a text of a language that `guess` has named."""
    return _ADVICE[language]


def _matches(sign: re.Pattern[str], line: str) -> bool:
    return (sign.fullmatch(line) if sign is _PYTHON else sign.match(line)) is not None
