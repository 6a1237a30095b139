"""Python: what a file leaves behind, where it stands, and what is said when the file cannot be run."""

from __future__ import annotations

import os
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wsgid.config.check import check
from wsgid.config.diagnostics import Mistakes
from wsgid.config.gunicorn_names import OURS
from wsgid.config.python import forget, read_module, read_python

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wsgid.config.diagnostics import Diagnostic, Where
    from wsgid.config.layers import Layer

NAME = "wsgid.conf.py"


class Directory:
    """A start directory with files of Python."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, text: str, name: str = NAME) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text))
        return file

    def read(self, text: str, name: str = NAME) -> Layer:
        return read_python(self.write(text, name), shown=name)

    def refused(self, text: str, name: str = NAME) -> Diagnostic:
        with pytest.raises(Mistakes) as caught:
            self.read(text, name)
        (mistake,) = caught.value.diagnostics
        return mistake


@pytest.fixture
def directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Directory]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    yield Directory(tmp_path)
    forget()


def quoted(where: Where) -> str:
    assert where.column is not None
    assert where.end is not None
    return where.text[where.column - 1 : where.end - 1]


def values(layer: Layer) -> dict[str, object]:
    checked = check(layer)
    assert () == checked.mistakes
    return dict(checked.values)


# What is a setting


def test_names_of_settings_are_settings_and_other_names_are_the_files_own(directory: Directory) -> None:
    layer = directory.read("""
        import os as app, json, threading as umask
        from os.path import join as chdir
        PORT = 8000 + 1
        bind = [f"127.0.0.1:{PORT}"]
        timeout: float = 2.5
        helper = json
        class group: pass
        def user(): pass
        def name(): return user
        wsgi_app = "shop:app"
        worker_tmp_dir = "/dev/shm"
        """)

    assert {
        "bind": ["127.0.0.1:8001"],
        "timeout": 2.5,
        "wsgi_app": "shop:app",
        "worker_tmp_dir": "/dev/shm",
    } == layer.values
    assert ("typed", ()) == (layer.style, layer.mistakes)


def test_a_file_of_ours_is_read_strictly(directory: Directory) -> None:
    checked = check(directory.read('workers = "4"\nsendfile = 1\nbind = ":80"\napp = len\n'))

    assert [
        (
            "wsgid.conf.py:1:11: error[wrong-type]: invalid value for `workers`: "
            'expected an integer, or "auto", found string'
        ),
        (
            "wsgid.conf.py:2:12: error[wrong-type]: invalid value for `sendfile`: "
            "expected true or false, found integer"
        ),
        (
            "wsgid.conf.py:3:8: error[wrong-type]: invalid value for `bind`: "
            'expected a list of addresses, ["127.0.0.1:8000"], found string: write [":80"]'
        ),
        (
            "wsgid.conf.py:4:7: error[wrong-type]: invalid value for `app`: "
            'expected a string, "module:variable", found function'
        ),
    ] == sorted(mistake.concise() for mistake in checked.mistakes)


def test_values_that_only_python_has_are_what_other_sources_would_have(directory: Directory) -> None:
    layer = directory.read("""
        import enum, ssl
        from pathlib import Path
        class Level(str, enum.Enum):
            LOW = "debug"
        chdir = Path("/srv")
        pythonpath = (Path("a"), "b")
        cert_reqs = ssl.CERT_NONE
        loglevel = Level.LOW
        umask = 0o027
        env = {"ROOT": Path("/srv")}
        """)

    assert {
        "chdir": "/srv",
        "pythonpath": ("a", "b"),
        "cert_reqs": "none",
        "loglevel": "debug",
        "umask": 0o27,
        "env": {"ROOT": "/srv"},
    } == values(layer)
    assert {int, str} == {type(layer.values["cert_reqs"]), type(layer.values["loglevel"])}


def test_a_decimal_umask_is_a_slip_and_a_computed_one_is_not(directory: Directory) -> None:
    (mistake,) = check(directory.read("umask = 22\n")).mistakes

    assert '`22` is not written in octal: write "022" or 0o022' == mistake.labels[0].note
    assert {"umask": 18} == values(directory.read('umask = int("022", 8)\n'))


def test_functions_with_names_of_hooks_are_hooks(directory: Directory) -> None:
    layer = directory.read("""
        hooks = {"on_exit": "shop.hooks:bye"}
        def when_ready(server): return "ready"
        async def post_fork(server, worker, more=None): pass
        child_exit = "shop.hooks:child_exit"
        def post_request(worker, req): pass
        pre_fork = print
        on_reload = lambda *everything: None
        """)
    hooks = values(layer)["hooks"]

    assert isinstance(hooks, dict)
    assert [
        "child_exit",
        "on_exit",
        "on_reload",
        "post_fork",
        "post_request",
        "pre_fork",
        "when_ready",
    ] == sorted(hooks)
    assert "ready" == hooks["when_ready"](None)
    assert "wsgid.conf.py:3:5" == str(layer.places["hooks", "when_ready"].key)
    assert "post_fork" == quoted(layer.places["hooks", "post_fork"].key)


def test_a_hook_with_other_arguments_is_told_before_it_is_called(directory: Directory) -> None:
    layer = directory.read("def post_fork(worker):\n    pass\n\n\nclass worker_exit: pass\n")

    assert [
        (
            "wsgid.conf.py:1:5: error[invalid-value]: the hook `post_fork` cannot be called: "
            "it is called as post_fork(server, worker)"
        ),
        (
            "wsgid.conf.py:5:7: error[invalid-value]: the hook `worker_exit` cannot be called: "
            "it is called as worker_exit(server, worker)"
        ),
    ] == [mistake.concise() for mistake in layer.mistakes]
    (wrong,) = check(directory.read("post_fork = 3\n")).mistakes
    assert ("wsgid.conf.py:1:13", "expected a function, found integer") == (
        str(wrong.labels[0].where),
        wrong.labels[0].note.partition(":")[0],
    )


def test_a_list_in_itself_has_an_end(directory: Directory) -> None:
    layer = directory.read("workers = 2\nlogconfig_dict = {}\nlogconfig_dict['a'] = [logconfig_dict]\n")

    assert {"workers": 2} == layer.values
    assert [
        (
            "wsgid.conf.py:2:18: error[invalid-value]: invalid value for `logconfig_dict`: "
            "lists and maps in one another are 64 deep at most"
        )
    ] == [mistake.concise() for mistake in layer.mistakes]


# Where it stands


def test_the_assignment_that_ran_last_is_the_place(directory: Directory) -> None:
    layer = directory.read("""
        import sys
        if sys.version_info > (3,):
            workers = 2
        else:
            workers = 3
        for threads in (1, 2): pass
        threads, timeout = 4, 5
        backlog = keepalive = 7; backlog = 8
        max_requests = 1
        max_requests += 1
        with open(__file__) as chdir: chdir = "/srv"
        print(reuse_port := True)
        bind = (
            ["127.0.0.1:1"]
        )
        def configure():
            global loglevel
            loglevel = "debug"
        configure()
        try:
            proc_name = [][1]
        except IndexError:
            proc_name = 'ä' + "ö"
        """)

    assert {
        "workers": ("4:15", "2"),
        "threads": ("8:20", "4"),
        "timeout": ("8:23", "5"),
        "backlog": ("9:36", "8"),
        "keepalive": ("9:23", "7"),
        "max_requests": ("11:17", "1"),
        "chdir": ("12:39", '"/srv"'),
        "reuse_port": ("13:21", "True"),
        "bind": ("15:5", '["127.0.0.1:1"]'),
        "proc_name": ("24:17", "'ä' + \"ö\""),
    } == {
        str(path[0]): (str(place.value).removeprefix("wsgid.conf.py:"), quoted(place.value))
        for path, place in layer.places.items()
        if len(path) == 1 and path != ("loglevel",)
    }
    assert "wsgid.conf.py" == str(layer.places["loglevel",].value), "a function's `global` leaves no line"


def test_items_have_places_while_they_are_as_written(directory: Directory) -> None:
    layer = directory.read("""
        bind = ["127.0.0.1:1",
                f"127.0.0.1:{2}"]
        bind.append("127.0.0.1:3")
        env = {"A": "1", **{"B": "2"}}
        secure_scheme_headers = dict(X="https")
        pythonpath = ["a", "b"]
        pythonpath.insert(0, "c")
        logconfig_dict = {"loggers": {"wsgid.error": {"level": "DEBUG"}}}
        """)
    places = {path: quoted(place.value) for path, place in layer.places.items() if len(path) > 1}

    assert {
        ("bind", 0): '"127.0.0.1:1"',
        ("bind", 1): 'f"127.0.0.1:{2}"',
        ("env", "A"): '"1"',
        ("secure_scheme_headers", "X"): '"https"',
        ("logconfig_dict", "loggers"): '{"wsgid.error": {"level": "DEBUG"}}',
        ("logconfig_dict", "loggers", "wsgid.error"): '{"level": "DEBUG"}',
        ("logconfig_dict", "loggers", "wsgid.error", "level"): '"DEBUG"',
    } == places


def test_what_another_file_gave_stands_at_the_import(directory: Directory) -> None:
    directory.write("workers = 2\nthreads = 3\nbind = [':0']\n", "base_.py")
    layer = directory.read("""
        from base_ import *
        from base_ import bind, \\
            threads as backlog
        """)

    assert {
        "workers": "from base_ import *",
        "threads": "from base_ import *",
        "bind": "bind",
        "backlog": "threads as backlog",
    } == {str(path[0]): quoted(place.key) for path, place in layer.places.items()}


def test_a_secret_is_not_quoted(directory: Directory) -> None:
    layer = directory.read('env = {"A": 123456}; workers = "x"\nkeyfile_password = 123456\n')
    text = "\n".join(str(mistake) for mistake in check(layer).mistakes)

    assert 3 == text.count("error[wrong-type]")
    assert "123456" not in text


# How it is run


def test_a_file_knows_its_name_and_its_directory(directory: Directory) -> None:
    layer = directory.read(
        "import os, sys\napp = __name__ + ':' + os.path.basename(__file__)\n"
        "chdir = sys.modules[__name__].__file__\nproc_name = sys.modules[__name__].app\n",
        "conf/shop.py",
    )

    assert {
        "app": "__config__:shop.py",
        "chdir": str(directory.path / "conf/shop.py"),
        "proc_name": "__config__:shop.py",
    } == layer.values


def test_a_file_imports_what_lies_beside_it_and_in_the_start_directory(directory: Directory) -> None:
    """And only while it runs: a configuration shop.py must not be what the application `shop` is found in."""
    directory.write("workers = 2", "conf/beside_.py")
    directory.write("threads = 2", "there_.py")
    before = sys.path[:]
    layer = directory.read(
        "import sys\nsys.path.append('/srv/of/the/file')\nfrom beside_ import *\nfrom there_ import *\n",
        "conf/shop.py",
    )

    assert {"workers": 2, "threads": 2} == layer.values
    assert [*before, "/srv/of/the/file"] == sys.path


def test_of_two_modules_gunicorns_file_takes_that_of_the_start_directory(directory: Directory) -> None:
    for name in ("conf/twin_.py", "twin_.py"):
        directory.write(f"proc_name = {name!r}", name)

    assert "conf/twin_.py" == directory.read("from twin_ import *", "conf/shop.py").values["proc_name"]
    forget()
    assert "twin_.py" == directory.read("from twin_ import *", "conf/gunicorn.py").values["proc_name"]


def test_a_reload_sees_the_files_that_a_file_imports_as_they_are_now(directory: Directory) -> None:
    """Where one has not, an edit of the shared file would be served only after a restart."""
    text = (
        "import json, zipapp\nfrom package_ import base\nfrom package_.base import *\nproc_name = base.word\n"
    )
    directory.write("", "package_/__init__.py")
    seen = []
    for word in ("old", "new", "newer"):
        directory.write(f"word = {word!r}", "package_/base.py")
        seen.append(directory.read(text).values["proc_name"])
        forget()

    assert ["old", "new", "newer"] == seen
    assert "package_" not in sys.modules
    assert "zipapp" in sys.modules, "Python's own modules stay"


def test_a_package_with_a_part_in_c_stays(directory: Directory) -> None:
    """Many refuse to be loaded twice in a process, or keep what their other half knew."""
    directory.write("", "compiled_/__init__.py")
    directory.write(
        """
        import importlib.machinery, sys, types
        name = "compiled_.part"
        loader = importlib.machinery.ExtensionFileLoader(name, "part.so")
        sys.modules[name] = module = types.ModuleType(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, loader)
        """,
        "compiled_/fake.py",
    )
    directory.write("", "pure_.py")
    directory.read("import compiled_.fake, pure_\n")
    forget()
    names = ("compiled_", "compiled_.part", "compiled_.fake", "pure_")
    stayed = [name for name in names if sys.modules.pop(name, None)]

    assert ["compiled_", "compiled_.part", "compiled_.fake"] == stayed


def test_nothing_is_written_beside_the_files(directory: Directory) -> None:
    directory.write("workers = 2", "base_.py")
    directory.read("from base_ import *")

    assert {"base_.py", NAME} == {path.name for path in directory.path.iterdir()}
    assert not sys.dont_write_bytecode or os.environ.get("PYTHONDONTWRITEBYTECODE")


def test_dataclasses_and_types_find_their_module(directory: Directory) -> None:
    layer = directory.read("""
        from __future__ import annotations
        import dataclasses, typing
        @dataclasses.dataclass
        class Site:
            name: typing.ClassVar[str] = "shop"
            port: Port = 1
        class Port(int): pass
        proc_name = Site.name + typing.get_type_hints(Site)["port"].__name__
        """)

    assert {"proc_name": "shopPort"} == layer.values


def test_a_module_is_read_by_its_name(directory: Directory) -> None:
    directory.write("", "site_/__init__.py")
    directory.write("from . import base\nworkers = base.n\nthreads = '3'\n", "site_/settings.py")
    directory.write("n = 3", "site_/base.py")
    directory.write("from .base import n\nworkers = str(n)\n", "site_/gunicorn_conf.py")
    ours = read_module("site_.settings", shown="python:site_.settings")
    gunicorns = read_module("site_.gunicorn_conf", shown="python:site_.gunicorn_conf")

    assert {"workers": 3, "threads": "3"} == ours.values
    assert f"{directory.path}/site_/settings.py:2:11" == str(ours.places["workers",].value)
    assert ("python:site_.settings", "typed") == (ours.name, ours.style)
    assert ({"workers": 3}, "gunicorn") == (gunicorns.values, gunicorns.style)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing_", "there is no module `nothing_`"),
        ("nothing_.at.all", "cannot find the module `nothing_.at.all`"),
        ("space_", "the module `space_` is no Python file"),
        ("_struct", "the module `_struct` is no Python file"),
        ("broken_.settings", "cannot find the module `broken_.settings`"),
        ("", "cannot find the module ``"),
    ],
)
def test_a_module_that_cannot_be_read_is_told(directory: Directory, name: str, message: str) -> None:
    directory.write("raise SystemExit(3)", "broken_/__init__.py")
    (directory.path / "space_").mkdir()
    with pytest.raises(Mistakes) as caught:
        read_module(name, shown=f"python:{name}")

    assert [("cannot-import", message)] == [(one.code, one.message) for one in caught.value.diagnostics]


# What keeps it from being run


def test_a_syntax_error_has_a_caret(directory: Directory) -> None:
    mistake = directory.refused("workers = 4\nbind = [':80'\ntimeout = 3\n")

    assert ("syntax", "this is not Python") == (mistake.code, mistake.message)
    assert "'[' was never closed" == mistake.labels[0].note
    assert "wsgid.conf.py:2:8" == str(mistake.labels[0].where)


@pytest.mark.parametrize(
    ("text", "line", "note"),
    [
        ("workers = 4\n\tthreads = 1", 2, "unexpected indent"),
        ("return 4", 1, "'return' outside function"),
        ("if True:\n4", 2, "expected an indented block"),
        ("x = 'ä' 5", 1, "invalid syntax"),
    ],
)
def test_every_syntax_error_has_a_line(directory: Directory, text: str, line: int, note: str) -> None:
    mistake = directory.refused(text)

    assert ("syntax", line) == (mistake.code, mistake.labels[0].where.line)
    assert note in mistake.labels[0].note


def test_a_nul_is_no_python(directory: Directory) -> None:
    assert "null bytes" in directory.refused("workers = 4\0").labels[0].note


@pytest.mark.parametrize("depth", [5_000, 50_000])
def test_what_is_too_deep_is_told(directory: Directory, depth: int) -> None:
    """Each Python has a limit of its own, and one error for its parser and another for its compiler."""
    mistake = directory.refused(f"workers = {'-' * depth}1\n")

    assert ("syntax", "expressions are too deep in one another") == (mistake.code, mistake.message)
    assert NAME == str(mistake.labels[0].where)


def test_a_syntax_error_in_a_secret_does_not_show_it(directory: Directory) -> None:
    assert "hunter2" not in str(directory.refused("raw_env = [\n  'PASSWORD=hunter2\n]\n"))
    assert "hunter2" not in str(directory.refused("DB_PASSWORD = hunter2 1\n"))


def test_an_exception_is_told_at_the_line_of_the_file(directory: Directory) -> None:
    mistake = directory.refused(
        "import os\n\ndef port():\n    return os.environ['NO_SUCH_']\n\nbind = [port()]\n"
    )

    assert ("cannot-import", "this file cannot be run") == (mistake.code, mistake.message)
    assert "KeyError: 'NO_SUCH_'" == mistake.labels[0].note
    assert ("wsgid.conf.py", 4) == (mistake.labels[0].where.name, mistake.labels[0].where.line)
    assert "import nothing_" in str(directory.refused("raw_env = []\nimport nothing_\n")), (
        "no secret is in it"
    )
    if sys.version_info >= (3, 11):
        assert "os.environ['NO_SUCH_']" == quoted(mistake.labels[0].where)


def test_an_exception_without_a_text_is_told(directory: Directory) -> None:
    mistake = directory.refused("class Odd_(Exception):\n    __str__ = None\n\nraise Odd_\n")

    assert ("Odd_", 4) == (mistake.labels[0].note, mistake.labels[0].where.line)


def test_of_an_exception_in_another_file_both_places_are_told(directory: Directory) -> None:
    directory.write("def read():\n    raise ValueError('no\\nsuch')\n", "lib_.py")
    mistake = directory.refused("import lib_\n\nworkers = lib_.read()\n")

    assert [
        ("wsgid.conf.py", 3, "ValueError: no\nsuch"),
        (str(directory.path / "lib_.py"), 2, "raised here"),
    ] == [(label.where.name, label.where.line, label.note) for label in mistake.labels]
    assert "ValueError: no\\nsuch" in str(mistake)


def test_of_a_syntax_error_in_another_file_both_places_are_told(directory: Directory) -> None:
    directory.write("\nworkers == = 2\n", "wrong_.py")
    mistake = directory.refused("from wrong_ import *\n")
    first, second = mistake.labels

    assert ("cannot-import", "wsgid.conf.py", 1) == (mistake.code, first.where.name, first.where.line)
    assert first.note.startswith("SyntaxError: invalid syntax")
    assert (str(directory.path / "wrong_.py"), 2, "workers == = 2") == (
        second.where.name,
        second.where.line,
        second.where.text,
    )


def test_frames_of_python_itself_are_left_out(directory: Directory) -> None:
    mistake = directory.refused("import json\nworkers = json.loads('{')\n")

    assert 1 == len(mistake.labels)
    assert 2 == mistake.labels[0].where.line


@pytest.mark.parametrize(
    ("statement", "message", "note"),
    [
        ("import sys; sys.exit(3)", "this file ends the program", "SystemExit: 3"),
        ("exit('bye')", "this file ends the program", "SystemExit: bye"),
        ("raise GeneratorExit", "this file cannot be run", "GeneratorExit"),
        ("def f(): f()\nf()", "this file cannot be run", "RecursionError: maximum recursion depth exceeded"),
        ("import nothing_", "this file cannot be run", "ModuleNotFoundError: No module named 'nothing_'"),
        ("raise ValueError('x' * 1000)", "this file cannot be run", f"ValueError: {'x' * 300} ..."),
    ],
)
def test_whatever_a_file_raises_is_a_mistake(
    directory: Directory, statement: str, message: str, note: str
) -> None:
    mistake = directory.refused(statement)

    assert message == mistake.message
    assert mistake.labels[0].note.startswith(note)


def test_ctrl_c_is_no_mistake(directory: Directory) -> None:
    with pytest.raises(KeyboardInterrupt):
        directory.read("raise KeyboardInterrupt")


@pytest.mark.parametrize(
    "statement",
    [
        "timeout = int({'PASSWORD': 'hunter2'}['PASSWORD'])",
        "timeout = int(token)",
        "raise ValueError(raw_env)",
    ],
)
def test_an_exception_that_quotes_a_secret_is_told_without_its_text(
    directory: Directory, statement: str
) -> None:
    """int() has what it was given in its message."""
    mistake = directory.refused(f"token = 'hunter2'\nraw_env = [token]\n{statement}\n")

    assert "hunter2" not in mistake.labels[0].note
    assert mistake.labels[0].note.startswith("ValueError (its text is left out")


@pytest.mark.parametrize(
    ("statement", "note"),
    [
        ("timeout = int(env('x'))", "ValueError: invalid literal for int() with base 10: 'x'"),
        ("raise ValueError('set PASSWORD first')", "ValueError: set PASSWORD first"),
        ("timeout = {}['PASSWORD']", "KeyError: 'PASSWORD'"),
    ],
)
def test_an_exception_that_only_names_a_secret_is_told_whole(
    directory: Directory, statement: str, note: str
) -> None:
    assert note == directory.refused(f"env = str\n{statement}\n").labels[0].note


def test_an_exception_at_a_secret_does_not_show_it(directory: Directory) -> None:
    mistake = directory.refused("workers = 3\nDB_PASSWORD = int('hunter2')\n")

    assert "ValueError (its text is left out, for a secret may be in it)" == mistake.labels[0].note
    assert "hunter2" not in str(mistake)
    for text in (
        "raw_env = ['A=hunter2',\n  int('hunter2')]",
        "A = {'TOKEN':\n int('hunter2')}",
        "dict(\n  password=int('hunter2'))",
    ):
        assert "hunter2" not in str(directory.refused(text))
    assert "KeyError: 'DB_PASSWORD_'" == (
        directory.refused("import os\nDB_PASSWORD = os.environ['DB_PASSWORD_']\n").labels[0].note
    )


def test_a_file_that_cannot_be_read_says_why(directory: Directory) -> None:
    with pytest.raises(Mistakes) as caught:
        read_python(directory.path / "none.py", shown="none.py")

    assert "cannot read `none.py`: No such file or directory" == caught.value.diagnostics[0].message


PIECES = st.sampled_from([
    *OURS, "tiemout", " = ", " = ", " = ", ": ", " += ", "4", "'a'", "['a:1', 2]", "{'A': {'b': 3}}",
    "(", ")", "[",
    "]", ",", "*", "\n", "\n", "\n", "\r", "\f", "\t", "    ", "if True:\n    ", "for ", " in (1,2):\n  pass",
    "def ", "(server):\n  pass", "class ", ": pass", "lambda x: x", "import os", "from os import path as ",
    " as ",
    "global workers", "del ", "é", "'''", "\\\n", "#", "; ", ":= ", "with open(__file__) as ", ":\n  pass",
    "try:\n  1/0\nexcept Exception as ", "match 1:\n  case ", "f'{", "}'", "@", "yield", "raise ", "None",
    "\0",
])  # fmt: skip


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(PIECES, max_size=12), name=st.sampled_from([NAME, "gunicorn.conf.py"]))
def test_whatever_stands_in_a_file_is_read_or_told(directory: Directory, parts: list[str], name: str) -> None:
    (directory.path / name).write_text("".join(parts), newline="")
    try:
        mistakes = check(read_python(directory.path / name, shown=name)).mistakes
    except Mistakes as error:
        mistakes = error.diagnostics

    assert all(str(mistake) for mistake in mistakes)


# Slips


def slips(directory: Directory, text: str, name: str = NAME) -> list[tuple[str, str, str]]:
    return [
        (mistake.severity, mistake.message.partition("`")[2].partition("`")[0], mistake.labels[0].note)
        for mistake in directory.read(text, name).mistakes
    ]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("tiemout", "timeout"),
        ("timeouts", "timeout"),
        ("Timeout", "timeout"),
        ("keep_alive", "keepalive"),
        ("access_logfile", "accesslog"),
        ("worker", "workers"),
        ("wrokers", "workers"),
        ("chdri", "chdir"),
        ("header_time_out", "header_timeout"),
        ("bnid", "bind"),
        ("limit_request_feilds", "limit_request_fields"),
    ],
)
def test_a_name_that_is_nearly_a_settings_is_an_error(directory: Directory, name: str, meant: str) -> None:
    assert [("error", name, f"did you mean `{meant}`?")] == slips(directory, f"{name} = 3\n")


@pytest.mark.parametrize(
    "text",
    [
        "tiemout = 3\ntimeout = tiemout",
        "tiemout = 3\ndef f(): return tiemout",
        "tiemout = 3\nprint(f'{tiemout}')",
        "tiemout = 3\ndel tiemout",
        "tiemout = 3\n__all__ = ['tiemout']",
        "tiemout = 3\nnames = globals()",
        "for tiemout in (): pass",
        "for tiemout in (1, 2): pass",
        "import sys as tiemout",
        "class tiemout: pass",
        "if 0: tiemout = 3",
        "def tiemout(): pass",
        "_timeout = 3",
        "timeout_s = 3; timeout_str = '3'; use_bind = ''; my_env = {}; threads_n = 3",
        "api = 3; bin = 4; use = 5; apps = 6",
        "accesslog_var = 3; errorlog_format = 4; release = 5; worker_memory = 7",
    ],
)
def test_an_ordinary_name_is_nobodys_business(directory: Directory, text: str) -> None:
    assert [] == slips(directory, text)


def test_a_function_that_is_nearly_a_hooks_is_told(directory: Directory) -> None:
    text = "def post_frok(server, worker): pass\non_startin = 3\n"

    assert [
        ("error", "post_frok", "did you mean `post_fork`?"),
        ("error", "on_startin", "did you mean `on_starting`?"),
    ] == slips(directory, text)


def test_in_gunicorns_file_a_slip_is_a_warning_and_ours_are_not_meant(directory: Directory) -> None:
    text = "tiemout = 3\nheader_timeuot = 4\nlog_format = 'json'\n"

    assert [("warning", "tiemout", "did you mean `timeout`?")] == slips(directory, text, "gunicorn.conf.py")


def test_an_annotation_that_is_meant_as_a_value_is_told(directory: Directory) -> None:
    text = "workers: 4\nbind: ['127.0.0.1:0']\ntimeout: float\nthreads: 2\nthreads = 3\nother: 5\n"

    assert [
        ("error", "workers:", "write `workers = 4`"),
        ("error", "bind:", "write `bind = ['127.0.0.1:0']`"),
    ] == slips(directory, text)


def test_a_misspelt_secret_is_not_quoted(directory: Directory) -> None:
    layer = directory.read("keyfile_pasword = 'hunter2'\nkeyfile_password: 'hunter2'\n")

    assert 2 == len(layer.mistakes)
    assert "hunter2" not in "".join(str(mistake) for mistake in layer.mistakes)
