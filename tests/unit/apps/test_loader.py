"""Finding an application: what is loaded, and the sentence for each thing that can be wrong with its name."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from wsgid.apps.loader import Spec, load_app, look_at, parse_spec, prepare
from wsgid.errors import ApplicationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APP = """
def application(environ, start_response):
    return [b"application"]

def app(environ, start_response):
    return [b"app"]

def make_app(name="none", *, debug=False):
    def made(environ, start_response):
        return [f"{name} {debug}".encode()]
    return made

class Site:
    wsgi = staticmethod(app)

site = Site()
text = "no application"
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a start directory that is entered; what a test imports from it is forgotten afterwards."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mysite.py").write_text(APP)
    prepare(None, [], {})
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def answer(spec: str) -> str:
    blocks: list[bytes] = load_app(spec)({}, None)
    return b"".join(blocks).decode()


def mistake(spec: str) -> str:
    with pytest.raises(ApplicationError) as caught:
        load_app(spec)
    return str(caught.value)


# What a specification says


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("a", Spec("a", "a", "application")),
        ("a.b.c", Spec("a.b.c", "a.b.c", "application")),
        ("a:b", Spec("a:b", "a", "b")),
        ("a:b.c", Spec("a:b.c", "a", "b.c")),
        ("a:b()", Spec("a:b()", "a", "b", ((), {}))),
        ("a:b.c('x', n=-1)", Spec("a:b.c('x', n=-1)", "a", "b.c", (("x",), {"n": -1}))),
        ("a:b({'k': [1, None]})", Spec("a:b({'k': [1, None]})", "a", "b", (({"k": [1, None]},), {}))),
    ],
)
def test_a_specification_is_taken_apart(text: str, spec: Spec) -> None:
    assert spec == parse_spec(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("./src/app.py", "this is a file, and a module is wanted: write `src.app:VARIABLE`"),
        ("src/app:x", "a module is written with dots: `src.app:VARIABLE`"),
        ("my-site:app", "`my-site` cannot be the name of a module"),
        (":app", "`` cannot be the name of a module"),
        ("a..b", "`a..b` cannot be the name of a module"),
        ("a:", "after the colon comes a variable, or a factory"),
        ("a:b c", "after the colon comes a variable, or a factory"),
        ("a:b[0]", "after the colon comes a variable, or a factory"),
        ("a:b()()", "after the colon comes a variable, or a factory"),
        ("a:b().c", "after the colon comes a variable, or a factory"),
        ("a:b(**{})", "after the colon comes a variable, or a factory"),
        ("a:\0", "after the colon comes a variable, or a factory"),
        ("a:b(open('x'))", "the arguments of a factory are literals"),
    ],
)
def test_what_is_no_specification_is_told_with_what_it_should_be(text: str, message: str) -> None:
    with pytest.raises(ApplicationError) as caught:
        parse_spec(text)

    assert message in str(caught.value)


# What is loaded


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("mysite", "application"),
        ("mysite:app", "app"),
        ("mysite:site.wsgi", "app"),
        ("mysite:make_app()", "none False"),
        ("mysite:make_app('x', debug=True)", "x True"),
    ],
)
def test_an_application_is_loaded(spec: str, expected: str) -> None:
    assert expected == answer(spec)


def test_a_package_is_loaded(project: Path) -> None:
    (project / "shop" / "web").mkdir(parents=True)
    (project / "shop" / "web" / "wsgi.py").write_text(APP)

    assert "application" == answer("shop.web.wsgi")


def test_directories_and_variables_are_there_before_the_import(project: Path) -> None:
    (project / "src" / "lib").mkdir(parents=True)
    (project / "src" / "inner.py").write_text("import os, needed\n" + APP.replace("none", "x"))
    (project / "src" / "lib" / "needed.py").write_text(
        "import os\nassert os.environ['WSGID_TEST'] == 'yes'\n"
    )
    prepare("src", ["lib"], {"WSGID_TEST": "yes"})

    assert "application" == answer("inner")
    assert [str(project / "src"), str(project / "src" / "lib")] == sys.path[:2]
    assert project / "src" == project.cwd()


def test_a_directory_stands_on_the_path_once(project: Path) -> None:
    prepare(None, [], {})
    prepare(str(project), ["."], {})

    assert 1 == sys.path.count(str(project))


def test_a_directory_that_cannot_be_entered_is_told() -> None:
    with pytest.raises(ApplicationError, match=r"cannot enter the directory nowhere: No such file.*`chdir`"):
        prepare("nowhere", [], {})


# What is not found


def test_a_module_that_is_not_there_says_where_was_looked(project: Path) -> None:
    assert mistake("mycite:app") == (
        f"application `mycite:app`: there is no module `mycite` in {project}, nor elsewhere on sys.path\n"
        "did you mean `mysite:app`?"
    )


def test_a_module_in_another_directory_is_pointed_at(project: Path) -> None:
    (project / "deep" / "src" / "shop").mkdir(parents=True)
    (project / "deep" / "src" / "shop" / "wsgi.py").write_text(APP)
    directory = project / "deep" / "src"

    assert mistake("shop.wsgi:app").endswith(f"\nIt is in {directory}: start with --chdir {directory}")


def test_a_module_above_the_start_directory_is_pointed_at(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "above_me.py").write_text(APP)
    (project / "conf").mkdir()
    monkeypatch.chdir(project / "conf")
    monkeypatch.setattr(sys, "path", [str(project / "conf")])

    assert mistake("above_me").endswith(f"\nIt is in {project}: start with --chdir {project}")


def test_a_module_that_is_not_in_its_package_is_told(project: Path) -> None:
    (project / "shop").mkdir()
    (project / "shop" / "__init__.py").touch()
    (project / "shop" / "wsgi.py").write_text(APP)

    assert mistake("shop.wsgy:app") == (
        f"application `shop.wsgy:app`: there is no module `wsgy` in the package `shop` "
        f"({project}/shop/__init__.py)\ndid you mean `shop.wsgi:app`?"
    )


def test_a_module_is_no_package(project: Path) -> None:
    assert mistake("mysite.wsgi") == (
        f"application `mysite.wsgi`: `mysite` is a module ({project}/mysite.py), not a package, "
        "so there is no `mysite.wsgi` in it"
    )


def test_a_file_for_a_module_is_told() -> None:
    """`wsgid app.py` is what one types first."""
    for name in ("mysite", "nothing"):
        assert mistake(f"{name}.py") == (
            f"application `{name}.py`: there is no module `{name}.py`; "
            f"if a file is meant, write `{name}:VARIABLE`"
        )


def test_a_missing_module_of_the_applications_own_is_another_mistake(project: Path) -> None:
    (project / "needs.py").write_text("import flassk\n")
    text = mistake("needs")

    assert text.startswith("application `needs` cannot be imported:\nTraceback")
    assert f'File "{project}/needs.py", line 1, in <module>\n    import flassk' in text
    assert text.endswith(f"\n{sys.executable} finds no module `flassk`: is it installed there?")


def test_a_missing_module_with_the_name_of_the_package_is_the_applications_mistake(project: Path) -> None:
    """`missing` of sys.path and `missing` that an __init__ asks for differ by who asked."""
    (project / "shop").mkdir()
    (project / "shop" / "__init__.py").write_text("import shop.wsgi.more\n")
    (project / "shop" / "wsgi.py").write_text(APP)
    text = mistake("shop.wsgi.more.still")

    assert "Traceback" in text
    assert f'File "{project}/shop/__init__.py", line 1' in text


# What is found, and is no application


@pytest.mark.parametrize(
    ("spec", "end"),
    [
        ("mysite:aplication", "\ndid you mean `mysite:application`?"),
        ("mysite:server", "\ndid you mean `mysite:application`?"),
        ("mysite:mak_app()", "\ndid you mean `mysite:make_app`?"),
    ],
)
def test_a_variable_that_is_not_there_says_in_which_file(project: Path, spec: str, end: str) -> None:
    variable = spec.partition(":")[2].removesuffix("()")

    assert mistake(spec) == (
        f"application `{spec}`: there is no `{variable}` in `mysite` ({project}/mysite.py){end}"
    )


def test_a_module_with_a_factory_only_suggests_to_call_it(project: Path) -> None:
    (project / "made.py").write_text("def create_app():\n    return 3\n")

    assert mistake("made").endswith("\ndid you mean `made:create_app()`?")
    assert mistake("made:create_app").endswith("if it is a factory, write `made:create_app()`")
    assert "what it returns is of type int, which cannot be called" in mistake("made:create_app()")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("mysite:text", "it is of type str, which cannot be called"),
        ("mysite:text()", "`text` is of type str, which cannot be called"),
        ("mysite:make_app(1, 2, 3)", "these arguments do not fit: make_app() takes"),
        ("mysite:make_app(colour=1)", "these arguments do not fit: make_app() got an unexpected keyword"),
    ],
)
def test_what_cannot_be_called_is_told(spec: str, message: str) -> None:
    assert message in mistake(spec)


def test_a_module_for_a_variable_is_told(project: Path) -> None:
    (project / "holder.py").write_text("import mysite as app\n")

    assert "it is the module mysite, which cannot be called" in mistake("holder:app")


def test_an_asynchronous_application_is_recognized(project: Path) -> None:
    (project / "asgi.py").write_text(
        "async def app(scope, receive, send): pass\n"
        "class App:\n    async def __call__(self, scope, receive, send): pass\n"
        "made = App()\n"
    )

    for name in ("app", "made"):
        assert "it is an ASGI application: serve it with worker_class" in mistake(f"asgi:{name}")


def test_what_takes_anything_is_believed(project: Path) -> None:
    """A wrong refusal is worse than a late one."""
    (project / "odd.py").write_text(
        "import functools\n"
        "def anything(*args, **kwargs): return []\n"
        "def view(request): return []\n"
        "@functools.wraps(view)\n"
        "def wrapped(environ, start_response): return []\n"
        "def three(name, environ, start_response): return []\n"
        "partial = functools.partial(three, 'x')\n"
        "class Class:\n"
        "    def __init__(self, environ, start_response): pass\n"
        "    def method(self, environ, start_response): return []\n"
        "method = Class(1, 2).method\n"
        "builtin = max\n"
    )

    for name in ("anything", "wrapped", "partial", "Class", "method", "builtin"):
        assert callable(load_app(f"odd:{name}"))


def test_a_callable_of_an_embedding_program_is_looked_at() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        return []

    assert app is look_at(app, "app")
    with pytest.raises(ApplicationError, match="takes no arguments"):
        look_at(lambda: None, "<lambda>")


# What the application's own code does


@pytest.mark.parametrize(
    ("source", "spec", "expected"),
    [
        ("1 / 0\n", "broken", "ZeroDivisionError: division by zero"),
        ("def f(:\n", "broken", "SyntaxError: "),
        ("import sys\nsys.exit(3)\n", "broken", "it called sys.exit(3)"),
        ("def f():\n    raise TypeError('inside')\n", "broken:f()", "TypeError: inside"),
        ("def f():\n    import sys\n    sys.exit('no')\n", "broken:f()", "it called sys.exit('no')"),
        ("def __getattr__(name):\n    raise RuntimeError('lazy')\n", "broken:f", "RuntimeError: lazy"),
    ],
)
def test_what_the_application_raises_is_shown_without_our_frames(
    project: Path, source: str, spec: str, expected: str
) -> None:
    (project / "broken.py").write_text(source)
    text = mistake(spec)

    assert expected in text
    assert f'File "{project}/broken.py", line ' in text
    assert "loader.py" not in text
    assert "importlib" not in text


def test_a_cause_is_shown_without_our_frames_too(project: Path) -> None:
    (project / "broken.py").write_text(
        "def f():\n"
        "    try:\n"
        "        1 / 0\n"
        "    except ZeroDivisionError as error:\n"
        "        raise OSError('x') from error\n"
    )
    text = mistake("broken:f()")

    assert "division by zero" in text
    assert "direct cause" in text
    assert "OSError: x" in text
    assert "loader.py" not in text


def test_a_user_who_interrupts_is_obeyed(project: Path) -> None:
    (project / "broken.py").write_text("raise KeyboardInterrupt\n")

    with pytest.raises(KeyboardInterrupt):
        load_app("broken")
