"""TOML: files, places as a layer has them, and what is said of a text that is none."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rows import again
from wsgid.config.check import check
from wsgid.config.diagnostics import Mistakes
from wsgid.config.source_text import DEEPEST, LARGEST_FILE
from wsgid.config.toml import parse_toml, read_toml

if TYPE_CHECKING:
    from pathlib import Path

    from wsgid.config.diagnostics import Diagnostic, Where

TEXT = '''\
# a comment with workers = 1
workers = 4   # "four"
bind = [
    "127.0.0.1:8000",  # timeout = 3
    "[::1]:8000",
]
"timeout" = "30s"
access_log_format = """
loglevel = "debug"
"""
\tchdir='/srv/#1'
env.A = "dotted"

[secure_scheme_headers]
X-FORWARDED-PROTO = "https"
'''


def quoted(where: Where) -> str:
    assert where.column is not None
    assert where.end is not None
    return where.text[where.column - 1 : where.end - 1]


def mistakes_of(text: str) -> tuple[Diagnostic, ...]:
    """Return what the reader finds, whether or not there is a layer besides."""
    try:
        return parse_toml(text, "x.toml").mistakes
    except Mistakes as error:
        return error.diagnostics


def mistake_of(text: str) -> Diagnostic:
    """Return the first mistake."""
    return mistakes_of(text)[0]


def test_places_go_down_to_the_items_of_lists_and_the_keys_of_maps() -> None:
    """Comments, lists and texts over lines hold what looks like settings, and is none."""
    places = parse_toml(TEXT, "x.toml").places

    assert {
        ("workers",): 2,
        ("bind",): 3,
        ("bind", 0): 4,
        ("bind", 1): 5,
        ("timeout",): 7,
        ("access_log_format",): 8,
        ("chdir",): 11,
        ("env",): 12,
        ("env", "A"): 12,
        ("secure_scheme_headers",): 14,
        ("secure_scheme_headers", "X-FORWARDED-PROTO"): 15,
    } == {path: place.key.line for path, place in places.items()}


def test_carets_cover_the_key_and_the_value() -> None:
    places = parse_toml(TEXT, "x.toml").places

    assert {
        ("workers",): ("workers", "4"),
        ("timeout",): ('"timeout"', '"30s"'),
        ("chdir",): ("chdir", "'/srv/#1'"),
        ("env",): ("env", "env"),
        ("env", "A"): ("A", '"dotted"'),
        ("bind", 1): ('"[::1]:8000"', '"[::1]:8000"'),
        # The first line of a value over several.
        ("access_log_format",): ("access_log_format", '"""'),
    }.items() <= {path: (quoted(place.key), quoted(place.value)) for path, place in places.items()}.items()
    assert "x.toml:2:11" == str(places["workers",].value)


def test_the_written_form_of_a_number_is_at_its_place() -> None:
    """`umask = 0o22` is octal, `umask = 18` is the same integer and is not."""
    where = parse_toml("umask = 0o22 # 18", "x.toml").places["umask",].value

    assert "0o22" == quoted(where)


def test_windows_line_ends_and_a_byte_order_mark_are_no_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xef\xbb\xbfworkers = 2\r\n\r\ntimeout = 3\r\n")
    layer = read_toml(path, shown="x.toml")

    assert {"workers": 2, "timeout": 3} == layer.values
    assert "x.toml:3:11" == str(layer.places["timeout",].value)


def test_toml_is_read_in_version_1_1_on_every_python() -> None:
    """The standard library's reader refuses it before 3.15."""
    text = 'env = {\n  A = "\\e",\n}\nlogconfig_dict.at = 07:32\n'

    assert {"A": "\x1b"} == parse_toml(text, "x.toml").values["env"]


def test_a_file_that_cannot_be_read_is_a_mistake_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "latin1.toml").write_bytes(b"workers = 1\n# \xe9\n")
    (tmp_path / "log.toml").write_bytes(b"#" * (LARGEST_FILE + 1))
    os.mkfifo(tmp_path / "pipe.toml")
    for name, text in (
        ("none.toml", "No such file"),
        (".", "Is a directory"),
        ("latin1.toml", "not UTF-8 in line 2"),
        ("log.toml", "more than 1 MiB"),
        ("pipe.toml", "is a pipe"),  # nobody writes: to open it would take for ever
    ):
        with pytest.raises(Mistakes, match=text) as caught:
            read_toml(tmp_path / name, shown=name)
        assert ["unreadable-file"] == [mistake.code for mistake in caught.value.diagnostics]


# What is no TOML

SLIPS = [
    # text, line:column, message, what to write
    ("bind = localhost:8000", "1:8", "a text stands in quotes", 'write bind = ["localhost:8000"]'),
    ("bind = 127.0.0.1:8000", "1:8", "a text stands in quotes", 'write bind = ["127.0.0.1:8000"]'),
    ("bind = a:1, b:2", "1:8", "a text stands in quotes", 'write bind = ["a:1", "b:2"]'),
    ("bind = [a:1, b:2]", "1:9", "a text stands in quotes", 'write "a:1"'),
    ('bind = ["a:1", 127.0.0.1:2]', "1:16", "a text stands in quotes", 'write "127.0.0.1:2"'),
    ("loglevel = info", "1:12", "a text stands in quotes", 'write loglevel = "info"'),
    ("loglevel = debug # all", "1:12", "a text stands in quotes", 'write loglevel = "debug"'),
    ("timeout = 30s", "1:11", "a text stands in quotes", 'write timeout = "30s"'),
    ("accesslog = -", "1:13", "a text stands in quotes", 'write accesslog = "-"'),
    ("chdir = /srv/app", "1:9", "a text stands in quotes", 'write chdir = "/srv/app"'),
    (
        'access_log_format = %(h)s "%(r)s"',
        "1:21",
        "a text stands in quotes",
        "write access_log_format = '%(h)s \"%(r)s\"'",
    ),
    ("\tbind = x", "1:9", "a text stands in quotes", 'write bind = ["x"]'),
    ("reload = True", "1:10", "a boolean is `true` or `false`", "write reload = true"),
    ("reload = FALSE", "1:10", "a boolean is `true` or `false`", "write reload = false"),
    ("preload_app = yes", "1:15", "a boolean is `true` or `false`", "write preload_app = true"),
    ("user = None", "1:8", "TOML has no word for nothing", "leave the line out"),
    ("workers: 4", "1:8", "TOML has `=` where YAML has `:`", "write workers = 4"),
    ("worker_class: gthread", "1:13", "TOML has `=` where YAML has `:`", 'write worker_class = "gthread"'),
    ("workers = 1\nthreads: 2\ntimeout = 3", "2:8", "TOML has `=` where YAML has `:`", "write threads = 2"),
    ('hooks = {on_exit: "a:b"}', "1:17", "TOML has `=` where YAML has `:`", 'write on_exit = "a:b"'),
    ("workers: 4\nbind:\n  - a:1\n", "1:1", "this looks like YAML, not TOML", "ends with .yaml"),
    ("umask = 022", "1:9", "a number does not begin with 0", 'write "022" or 0o22'),
    ("threads = 08", "1:11", "a number does not begin with 0", "write 8"),
    ("import os\nworkers = 4", "1:1", "this looks like Python, not TOML", "ends with .py"),
    ("workers = 4\ndef on_exit(server):\n  pass", "2:1", "this looks like Python, not TOML", "ends with .py"),
    ("workers = cpu_count() * 2 + 1", "1:11", "TOML computes nothing", 'write workers = "auto"'),
    ("timeout = 2 * 60", "1:11", "TOML computes nothing", "Python file"),
    ("[server:main]\nuse = egg:wsgid#main", "1:1", "this looks like PasteDeploy, not TOML", "--paste"),
    ("; our server\nworkers = 4", "1:1", "this looks like an ini file, not TOML", "texts in quotes"),
    ("export WSGID_WORKERS=4", "1:1", "this looks like a shell script, not TOML", "name = value"),
    ('{"workers": 4}', "1:1", "this looks like JSON, not TOML", ".yaml"),
    ("a = 1\n<<<<<<< HEAD\nb = 1\n", "2:1", "this looks like a merge conflict, not TOML", "keep one"),
    ("workers 4", "1:9", "a `=` is missing", "write workers = 4"),
    ("worker_class gthread", "1:14", "a `=` is missing", 'write worker_class = "gthread"'),
    ("reload", "1:1", "a `=` and a value are missing", "write reload = value"),
    ("workers == 4", "1:10", "`=` stands once", "take one of them out"),
    ("workers = # 4", "1:1", "a value is missing", "write workers = value"),
    ("workers += 4", "1:9", "a value cannot be added to", "write the whole of it"),
    ("= 4", "1:1", "a name is missing before `=`", "write name = value"),
    ("--max-requests 4", "1:1", "this is a flag of the command line", "write max_requests = 4"),
    ("-w 4", "1:1", "this is a flag of the command line", "write workers = 4"),
    ("my key = 1", "1:4", "a key has letters from a to z, digits, _ and -", "in quotes"),
    ("\u00e4 = 1", "1:1", "a key has letters from a to z, digits, _ and -", "in quotes"),
    ('app = "x\nworkers = 1', "1:7", "this quote is not closed in its line", 'close it with "'),
    ("app = 'x\nworkers = '1'", "1:7", "this quote is not closed in its line", "close it with '"),
    (
        'app = "x\u201d',
        "1:7",
        "this quote is not closed in its line",
        "a typographic quote does not close it",
    ),
    ('app = """x\nworkers = 1', "1:7", 'these """ are never closed', 'close it with """'),
    ("app = '''", "1:7", "these ''' are never closed", "close it with '''"),
    ("app = \u201cx\u201d", "1:7", "these are typographic quotes", 'write app = "x"'),
    ("\u201capp\u201d = 'x'", "1:1", "these are typographic quotes", "a key needs none"),
    ("\u00a0app = 'x'", "1:1", "a space that is none stands here", "write a plain space"),
    (
        'chdir = "C:\\Users"',
        "1:12",
        "a backslash begins an escape that there is not",
        "put the text in '...'",
    ),
    (
        'chdir = "C:\\srv"',
        "1:12",
        "a backslash begins an escape that there is not",
        r"write \\ for a backslash",
    ),
    ('proc_name = "it"s"', "1:17", "the text has ended before this", 'write \\" for a quote'),
    ("proc_name = 'it's'", "1:17", "the text has ended before this", 'put it in "..."'),
    ("app = 'a\x1bb'", "1:9", "a control character has no place here", "\\u001B"),
    ("workers = 1\rthreads = 2", "1:12", "a carriage return stands alone", "a line ends with LF"),
    ('bind = ["a" "b"]', "1:13", "a comma is missing between two items", "write one before this"),
    ('bind = [\n"a" # x, y\n"b"]', "3:1", "a comma is missing between two items", "write one before this"),
    ('hooks = {a = "b" c = "d"}', "1:18", "a comma is missing between two items", "close the {"),
    ("bind = [,]", "1:9", "a value is missing", "take the comma out"),
    ('bind = [\n  "a",\nworkers = 2', "1:8", "this `[` is not closed", "close it with ]"),
    ('bind = ["a"\n\n[env]\n', "1:8", "this `[` is not closed", "close it with ]"),
    ('hooks = {a = "b"', "1:9", "this `{` is not closed", "close it with }"),
    ("workers = 4]", "1:12", "nothing is open that this closes", "take it out"),
    ("]", "1:1", "nothing is open that this closes", "take it out"),
    ("[env]]", "1:6", "nothing is open that this closes", "take it out"),
    ("[env] A = 1", "1:7", "the name of a table stands on a line of its own", "go on in the next line"),
    ("[env\nA = 1", "1:5", "the name of a table is not closed", "write [name]"),
    ("[[env]\nA = 1", "1:6", "the name of a table is not closed", "write [[name]]"),
    ("[my app]", "1:5", "this is no name of a table", "others in quotes"),
    ("[]", "1:2", "a table has a name", "write [name]"),
    ("workers = 4, threads = 2", "1:12", "each setting has a line of its own", "go on in the next line"),
    ("workers = 4 threads = 2", "1:13", "each setting has a line of its own", "go on in the next line"),
    ("workers = 4,", "1:12", "no comma stands at the end of a line", "take it out"),
    ('bind = "a:1", "b:2"', "1:8", "a list stands in brackets", 'write bind = ["a:1", "b:2"]'),
    ("backlog = 1,024", "1:11", "a number has no commas", "write 1_024"),
    ("workers = 4 ; four", "1:13", "this is no comment of TOML", "a comment begins with #"),
    ("workers = 4\n// four", "2:1", "this is no comment of TOML", "a comment begins with #"),
    ("x = 2024-02-30", "1:5", "there is no such day or time", ""),
    ("workers = " + "9" * 5000, "1:11", "a number has too many digits", "at most 4300"),
    (
        "bind = " + "[" * 80 + "]" * 80,
        f"1:{7 + DEEPEST}",
        f"lists and tables in one another are {DEEPEST} deep",
        "",
    ),
    (
        "bind = " + "[" * 5000 + "]" * 5000,
        f"1:{7 + DEEPEST}",
        f"lists and tables in one another are {DEEPEST} deep",
        "",
    ),
    ("a." * 80 + "b = 1", f"1:{2 * DEEPEST + 1}", f"lists and tables in one another are {DEEPEST} deep", ""),
    (
        "[" + "a." * 5000 + "b]",
        f"1:{2 * DEEPEST + 2}",
        f"lists and tables in one another are {DEEPEST} deep",
        "",
    ),
]


@pytest.mark.parametrize(("text", "place", "message", "note"), SLIPS, ids=[slip[0][:40] for slip in SLIPS])
def test_what_is_no_toml_is_shown_with_what_to_write(text: str, place: str, message: str, note: str) -> None:
    mistake = mistake_of(text)
    label = mistake.labels[0]

    assert ("syntax", f"x.toml:{place}") == (mistake.code, str(label.where))
    assert message in mistake.message
    assert note in label.note


@pytest.mark.parametrize(
    "text", [slip[0] for slip in SLIPS if slip[3].startswith("write ") and " = " in slip[3]]
)
def test_what_it_says_to_write_is_right(text: str) -> None:
    advice = mistake_of(text).labels[0].note.removeprefix("write ").split("; ")[0]
    if " value" not in advice:
        parse_toml(advice, "x.toml")


@pytest.mark.parametrize(
    ("text", "first", "second", "name"),
    [
        ("workers = 1\nworkers = 2", "1:1", "2:1", "workers"),
        ("[env]\n[hooks]\n[env]\n", "1:2", "3:2", "env"),
        ("env = {}\nenv.A = '1'", "1:1", "2:5", "env"),
        ("env.A = '1'\nenv = {}", "1:1", "2:1", "env"),
        ("env = {}\n[env]\n", "1:1", "2:2", "env"),
        ("hooks = {A = '1',\n A = '2'}", "1:10", "2:2", "A"),
        ("[a]\nb = 1\n[[a]]\n", "1:2", "3:3", "a"),
        ("[a.b]\n[a]\nb = 1", "1:4", "3:1", "b"),
        ('a = 1\n"a" = {b = 2}', "1:1", "2:1", "a"),
    ],
)
def test_a_key_that_stands_twice_is_shown_at_both_places(
    text: str, first: str, second: str, name: str
) -> None:
    """What to do is to look at both, and to take one out."""
    mistake = mistake_of(text)

    assert ("duplicate-setting", f"`{name}` stands in the file twice") == (mistake.code, mistake.message)
    assert [f"x.toml:{second}", f"x.toml:{first}"] == [str(label.where) for label in mistake.labels]
    assert "first given here" == mistake.labels[1].note


SECRETS = [
    "[env]\nPASSWORD = hunter2",
    "[env]\nPASSWORD: hunter2",
    'workers = 1\n[env]\nA = "hunter1"\nB = "hunter2',
    '[env]\nA = """hunter1\nhunter2',
    '[env]\nA = """\nhunter1\nB = """ "hunter2"',
    "env = {A = 'hunter1', B = hunter2}",
    "env = {\n  A = 'hunter1',\n  B = hunter2\n}",
    "env = {\n A = 'hunter1'\n B = 'hunter2'\n}",
    "env.A = hunter2",
    "[evn]\nA = hunter2",
    "keyfile_password = hunter2",
    "keyfile_pasword = hunter2",
    "workers = 4, env = {A = 'hunter2'}",
    "raw_env = ['A=hunter1' 'B=hunter2']",
    "env = ['A=hunter1'\nworkers = 2",
    "[env]\nA = 'hunter1'\nA = 'hunter2'",
    "env = {A = 'hunter1', A = 'hunter2'}",
    "env = {A = 'hunter1'}\nenv = {A = 'hunter2'}",
    '[env]\nA = "hunter1\\hunter2"',
    "[env]\nA = 'hunter1', B = 'hunter2'",
    "[env]\nA = 'hunter1' hunter2",
    "[env] A = 'hunter2'",
    "[env]\nA hunter2",
    "[env]\nhunter2 hunter3",
    "env\nA = hunter2",
    "A_TOKEN = hunter2",
    "PASSWORD = 'hunter2'\nimport os",
    "export DATABASE_URL=postgres://u:hunter2@h/d",
    "[server:main]\nuse = egg:x\nkey = hunter2",
    "key = hunter2",
    "database: hunter2",
    'keyfile_password = """\nhunter1\nhunter2==\nworkers = 1',
    "workers = 4\n;password=hunter2",
    '{"env": {"A": "hunter2"}}',
]


@pytest.mark.parametrize("text", SECRETS)
def test_no_secret_is_quoted(text: str) -> None:
    """Messages land in the journal, and in mails to people who should not know."""
    for mistake in mistakes_of(text):
        assert "hunter" not in str(mistake) + str(mistake.to_json())


def test_a_variable_of_a_table_that_is_commented_out_is_not_quoted() -> None:
    """It is no setting then, and its value is as secret as before; that of a misspelt setting helps."""
    first, second = check(parse_toml('# [env]\nDSN = "hunter2"\ntiemout = 30', "x.toml")).mistakes

    assert "DSN = <redacted>" == first.labels[0].where.text
    assert "tiemout = 30" == second.labels[0].where.text


def test_after_a_mistake_that_ends_with_its_line_the_rest_is_read() -> None:
    """Whoever writes one text without quotes writes more of them, and does not want a run for each."""
    text = """\
workers = many
bind = [localhost:8000, "a:1"]
threads = 2
reload: True
threads = 3
timeout = -1

[env]
A = b
B = "c"
"""
    layer = parse_toml(text, "x.toml")

    assert {"threads": 2, "timeout": -1, "env": {"B": "c"}} == layer.values
    assert "x.toml:10:5" == str(layer.places["env", "B"].value)
    assert ["1:11", "2:9", "4:7", "5:1", "9:5"] == [
        str(mistake.labels[0].where).removeprefix("x.toml:") for mistake in layer.mistakes
    ]
    assert "x.toml:6:11" in [str(mistake.labels[0].where) for mistake in check(layer).mistakes]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('workers = many\nbind = "x\nthreads = many\n', 2),
        ("workers = many\nbind = [\nthreads = many\n", 2),
        ("workers = many\n[env\nA = b\n", 2),
        ("workers = many\nx[env]\nA = b\n", 2),
        ("workers = many\nenv]\nA = b\n", 2),
        ("workers = many\nenv\nA = b\n", 2),
        ("workers = many\nenv: # A\nA = b\n", 2),
        ("import os\nworkers = many\nthreads = many\n", 1),
        ("workers = many\n" * 100, 20),
        ("workers = many\nx = " + "[" * 100 + "]" * 100, 2),
        ("workers = many\nx = " + "9" * 5000, 2),
    ],
)
def test_after_other_mistakes_nobody_knows_what_the_rest_is(text: str, count: int) -> None:
    """A quote that is missing here is the end of a text there: what would be said of it is wrong."""
    with pytest.raises(Mistakes) as caught:
        parse_toml(text, "x.toml")

    assert count == len(caught.value.diagnostics)


# Whatever is in the file

TOKENS = st.sampled_from(
    (
        *(
            "workers",
            "env",
            "[",
            "]",
            "[[",
            "]]",
            "{",
            "}",
            "=",
            ".",
            ",",
            ":",
            "\\",
            "#",
            "\n",
            "\r",
            " ",
            "\t",
        ),
        *('"', "'", '"""', "'''", "1", "0x", "07:32", "1979-05-27", "true", "inf"),
        *("\u00e4", "\x00", "\u201c", "\u2028", "import os"),
    )
)


@given(st.lists(TOKENS, max_size=30).map("".join) | st.text(max_size=30))
def test_any_text_is_a_layer_or_a_mistake_at_its_place(text: str) -> None:
    try:
        layer = parse_toml(text, "x.toml")
    except Mistakes:
        pass
    else:
        check(layer)
    for mistake in mistakes_of(text):
        assert str(mistake)
        for label in mistake.labels:
            assert label.where.line is not None
            assert label.where.column is not None
            assert 1 <= label.where.column <= len(label.where.text) + 1


def test_a_deep_text_is_a_mistake_wherever_the_stack_is() -> None:
    """A reload reads deep inside the arbiter."""

    def below(frames: int) -> str:
        return below(frames - 1) if frames else str(mistake_of("x = " + "[" * 300 + "]" * 300))

    assert "64 deep" in below(sys.getrecursionlimit() // 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", ["a", "1", "a.", "a ", '"', "'", "[", "{a=", "\\", "\n", "\u201c", "a=1\n", "a\n"]
)
@pytest.mark.parametrize("before", ["", "x = ", again("["), again("x = {"), again("[env]\nA = ")])
def test_no_text_takes_long(text: str, before: str) -> None:
    """What looks at a broken line looks at all of it, whatever its length."""
    began = time.process_time()
    mistake_of(before + text * 20_000 + "\n= 1")

    assert time.process_time() - began < 10
