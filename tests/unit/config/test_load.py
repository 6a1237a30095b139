"""All sources together: who wins, who is asked, and every mistake of every layer in one run."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any

import pytest

from wsgid.config.diagnostics import Mistakes
from wsgid.config.load import Loaded, load
from wsgid.config.settings import Settings
from wsgid.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wsgid.config.diagnostics import Diagnostic


Told = tuple[str, str, str, str]
"""A mistake: place, severity and code, message, note."""


class Start:
    """A start directory, and a load in it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def write(self, text: str, name: str = "wsgid.toml") -> None:
        (self.directory / name).write_text(text)

    def load(self, *argv: str, env: Mapping[str, str] | None = None, **call: object) -> Loaded:
        return load(argv, env or {}, str(self.directory), call)

    def mistakes(self, *argv: str, env: Mapping[str, str] | None = None, **call: object) -> list[Told]:
        with pytest.raises(Mistakes) as caught:
            self.load(*argv, env=env, **call)
        return [told(mistake) for mistake in caught.value.diagnostics]


def told(mistake: Diagnostic) -> Told:
    where, note = next(((str(label.where), label.note) for label in mistake.labels), ("", ""))
    return where, f"{mistake.severity}[{mistake.code}]", mistake.message, note


@pytest.fixture
def start(tmp_path: Path) -> Start:
    return Start(tmp_path)


def in_force(loaded: Loaded) -> dict[str, Any]:
    return {name: getattr(loaded.settings, name) for name in loaded.history}


# Layers


def test_without_any_source_there_are_the_defaults(start: Start) -> None:
    loaded = start.load()

    assert Settings(chdir=str(start.directory), upgrade="manual") == loaded.settings
    assert {} == loaded.history
    assert ((), (), ()) == (loaded.warnings, loaded.notes, loaded.files)


def test_a_higher_layer_wins_and_the_lower_ones_are_remembered(start: Start) -> None:
    start.write("workers = 2\n")
    env = {"WEB_CONCURRENCY": "1", "WSGID_WORKERS": "3", "WSGID_CMD_ARGS": "-w 4"}
    loaded = start.load("-w", "5", env=env, workers=6)

    assert 6 == loaded.settings.workers
    assert [
        ("defaults", 1),
        ("wsgid.toml", 2),
        ("environment", 3),
        ("WSGID_CMD_ARGS", 4),
        ("command line", 5),
        ("wsgid.serve()", 6),
    ] == [(given.layer, given.value) for given in loaded.history["workers"]]


def test_the_files_of_an_instance_are_layers_of_their_own(start: Start) -> None:
    directory = start.directory / "etc"
    for name, text in {
        "wsgid.toml": "workers = 1",
        "wsgid.d/10-host.toml": "workers = 2",
        "shop.yaml": "workers: 3",
        "shop.d/10-more.py": "workers = 4",
        "shop.d/9-most.yml": "workers: 5",
    }.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    start.write("workers = 6", "wsgid.toml")
    loaded = load(["--instance", "shop"], {}, str(start.directory), directory="etc")

    assert [
        ("etc/wsgid.toml", 1),
        ("etc/wsgid.d/10-host.toml", 2),
        ("etc/shop.yaml", 3),
        ("etc/shop.d/10-more.py", 4),
        ("etc/shop.d/9-most.yml", 5),
    ] == [(given.layer, given.value) for given in loaded.history["workers"]]
    assert loaded.files == tuple(given.layer for given in loaded.history["workers"])
    assert "etc/shop.yaml" == loaded.subject
    assert loaded == load([], {"WSGID_CMD_ARGS": "--instance shop"}, str(start.directory), directory="etc")


def test_what_pastedeploy_says_of_the_server_comes_below_the_files(start: Start) -> None:
    start.write("[server:main]\nuse = egg:wsgid\nhost = ::\nport = 6543\nworkers = 2\n", "shop.ini")
    start.write('paste = "shop.ini"\nworkers = 3\n')
    loaded = start.load("--check-config", env={"PORT": "80", "WEB_CONCURRENCY": "1"})

    assert ("[::]:6543",) == loaded.settings.bind
    assert [("defaults", 1), ("shop.ini", 2), ("wsgid.toml", 3)] == [
        (given.layer, given.value) for given in loaded.history["workers"]
    ]
    assert "shop.ini:3:8" == str(loaded.where("bind"))
    assert ("shop.ini", "wsgid.toml") == loaded.files


def test_that_gunicorns_file_is_not_read_beside_ours_is_noted(start: Start) -> None:
    start.write("workers = 2", "gunicorn.conf.py")
    assert ("gunicorn.conf.py",) == start.load().files
    start.write("workers = 3", "wsgid.conf.py")

    assert (3, ("wsgid.conf.py is read, gunicorn.conf.py beside it is not",)) == (
        start.load().settings.workers,
        start.load().notes,
    )


def test_places_of_every_source_are_known(start: Start) -> None:
    start.write("# c\ntimeout = 2\n")
    env = {"PORT": "80", "WSGID_BACKLOG": "3", "WSGID_CMD_ARGS": "--name x"}
    loaded = start.load("--no-sendfile", env=env, threads=2)

    assert {
        "bind": "environment variable PORT",
        "timeout": "wsgid.toml:2:11",
        "backlog": "environment variable WSGID_BACKLOG",
        "proc_name": "environment variable WSGID_CMD_ARGS",
        "sendfile": "command line",
        "threads": "wsgid.serve()",
    } == {name: str(loaded.where(name)) for name in loaded.history}
    assert loaded.where("workers") is None


def test_lists_replace_and_maps_merge_by_key(start: Start) -> None:
    start.write('bind = ["a:1", "b:2"]\n[env]\nA = "file"\nB = "file"\n')
    loaded = start.load("-b", ":3", "-e", "A=flag", "-e", "C=D=E,F", env={"WSGID_ENV": "B=var,G=h"})

    assert (":3",) == loaded.settings.bind
    assert {"A": "flag", "B": "var", "C": "D=E,F", "G": "h"} == loaded.settings.env


def test_the_scheme_headers_that_are_given_are_the_only_ones(start: Start) -> None:
    """A proxy that sets one of them may pass the others on from the client: merging would believe those."""
    start.write('[secure_scheme_headers]\nX-Scheme = "https"\n')

    assert {"X-Scheme": "https"} == start.load().settings.secure_scheme_headers


def test_platform_variables_are_defaults_and_may_be_empty(start: Start) -> None:
    env = {"WEB_CONCURRENCY": "3", "PORT": "5000", "FORWARDED_ALLOW_IPS": "10.0.0.0/8, *"}

    assert {
        "workers": 3,
        "bind": ("0.0.0.0:5000",),
        "forwarded_allow_ips": ("10.0.0.0/8", "*"),
    } == in_force(start.load(env=env))
    assert {} == in_force(start.load(env=dict.fromkeys(env, "")))


def test_gunicorns_name_of_the_application_is_taken(start: Start) -> None:
    start.write('wsgi_app = "mysite:app"\n')

    assert "mysite:app" == start.load().settings.app


def test_the_command_line_is_split_at_commas_for_lists(start: Start) -> None:
    assert ("a:1", "b:2", "c:3") == start.load("-b", "a:1, b:2", "-b", "c:3").settings.bind


def test_a_file_that_is_named_replaces_the_one_in_the_start_directory(start: Start) -> None:
    start.write("workers = 2\n")
    start.write("threads = 3\n", "other.toml")

    for argv in (
        ["-c", "other.toml"],
        ["-c", "file:other.toml"],
        ["-c", str(start.directory / "other.toml")],
    ):
        assert {"threads": 3} == in_force(start.load(*argv))
    assert {"threads": 3} == in_force(start.load(config=start.directory / "other.toml"))
    assert {"threads": 3} == in_force(start.load(env={"WSGID_CMD_ARGS": "-c other.toml"}))
    assert ("other.toml",) == start.load("-c", "other.toml").files


def test_a_program_may_give_paths_and_values(start: Start) -> None:
    loaded = start.load(chdir=start.directory / ".", bind=["127.0.0.1:0"], timeout="5m", sendfile=False)

    assert {
        "chdir": str(start.directory),
        "bind": ("127.0.0.1:0",),
        "timeout": 300.0,
        "sendfile": False,
    } == in_force(loaded)


def test_the_directory_of_long_bodies_is_relative_to_the_start_directory(start: Start) -> None:
    """As every path that is not the application's; the workers have entered `chdir` when they use it."""
    (start.directory / "app").mkdir()
    loaded = start.load("--tmp-upload-dir", "tmp", "--chdir", "app")

    assert f"{start.directory}/tmp" == loaded.settings.tmp_upload_dir


def test_auto_workers_are_counted_and_noted(start: Start) -> None:
    loaded = start.load("-w", "auto")

    assert loaded.settings.workers >= 1
    (note,) = loaded.notes
    assert note.startswith(f"workers=auto is {loaded.settings.workers}: cpus=")


def test_the_directory_is_found_anew_at_each_load(start: Start) -> None:
    """A release's workers stay with it while a deployment turns the link; a reload takes the next release."""
    releases = [start.directory / name for name in ("1", "2")]
    for release in releases:
        release.mkdir()
    link = start.directory / "current"
    seen = []
    for release in releases:
        link.unlink(missing_ok=True)
        link.symlink_to(release)
        seen.append(start.load("--chdir", "current").settings.chdir)
        seen.append(load([], {}, str(link)).settings.chdir)

    assert [str(release) for release in releases for _ in range(2)] == seen


def test_a_module_that_a_file_imports_is_read_anew_at_each_load(start: Start) -> None:
    """A reload is to see the edit of a file beside the configuration, too."""
    start.write("from beside_the_configuration import WORKERS as workers\n", "wsgid.conf.py")
    seen = []
    for number in (2, 3):
        # Another length, for Python compares times by the second.
        start.write(f"WORKERS = {'1 + ' * number}0\n", "beside_the_configuration.py")
        seen.append(start.load().settings.workers)

    assert [2, 3] == seen


# Mistakes


def test_every_mistake_of_every_layer_is_told_at_once(start: Start) -> None:
    start.write('tiemout = 3\nworkers = "two"\n[env]\nA = 1\n')
    env = {"PORT": "http", "WSGID_THREADS": "0", "WSGID_LOGLEVEL": "infp"}

    assert [
        (
            "environment variable PORT",
            "error[invalid-value]",
            "invalid value for `bind`",
            "`0.0.0.0:http`: the port is a number from 0 to 65535, not `http`",
        ),
        (
            "wsgid.toml:1:1",
            "error[unknown-setting]",
            "unknown setting `tiemout`",
            "did you mean `timeout`?",
        ),
        (
            "wsgid.toml:2:11",
            "error[wrong-type]",
            "invalid value for `workers`",
            'expected an integer, or "auto", found string',
        ),
        (
            "wsgid.toml:4:5",
            "error[wrong-type]",
            "invalid value for `A` in `env`",
            "expected a string, found integer: put it in quotes",
        ),
        (
            "environment variable WSGID_THREADS",
            "error[out-of-range]",
            "invalid value for `threads`",
            "expected at least 1",
        ),
        (
            "environment variable WSGID_LOGLEVEL",
            "error[invalid-value]",
            "invalid value for `loglevel`",
            "did you mean `info`?",
        ),
        (
            "command line",
            "error[invalid-value]",
            "invalid value for `worker_class`",
            "`gevnt` is no worker class: did you mean `gevent`?",
        ),
    ] == start.mistakes("-k", "gevnt", env=env)


def test_a_mistake_in_a_shadowed_value_is_found(start: Start) -> None:
    start.write("workers = 0\n")
    expected = (
        "wsgid.toml:1:11",
        "error[out-of-range]",
        "invalid value for `workers`",
        "expected at least 1",
    )

    assert [expected] == start.mistakes("-w", "2")


@pytest.mark.parametrize(
    ("text", "place", "code", "note"),
    [
        ("keep_alive = 3", "1:1", "unknown-setting", "did you mean `keepalive`?"),
        ('log-level = "info"', "1:1", "unknown-setting", "did you mean `loglevel`?"),
        ("xyzzy = 3", "1:1", "unknown-setting", ""),
        ('\n\tbind = ":80"', "2:9", "wrong-type", 'found string: write [":80"]'),
        (
            '[env]\nA = "b"\nworkers = 4',
            "3:1",
            "unknown-setting",
            "`workers` is a setting; this line is inside `[env]` (line 1), move it above",
        ),
        ('wsgi_app = "a:b"\napp = "c:d"', "2:1", "duplicate-setting", "leave one of them out"),
        ("timeout = 1e300", "1:11", "out-of-range", "expected at most 2073600"),
        ("timeout = nan", "1:11", "out-of-range", "expected a finite number"),
        ("header_timeout = 0", "1:18", "out-of-range", "expected more than 0"),
        ("sendfile = 1", "1:12", "wrong-type", "expected true or false, found integer"),
        ("chdir = ['a']", "1:9", "wrong-type", "expected a path, found list"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_file_is_told_at_its_place(
    start: Start, text: str, place: str, code: str, note: str
) -> None:
    start.write(text)
    ((where, kind, _, told_note),) = start.mistakes()

    assert (f"wsgid.toml:{place}", f"error[{code}]") == (where, kind)
    assert told_note.endswith(note)


def test_what_may_be_secret_is_not_quoted(start: Start) -> None:
    """A mistake lands in the journal, where others read."""
    start.write("[env]\nA = 'fine'\nPASSWORD = 123456 # 123456\n")
    with pytest.raises(Mistakes) as caught:
        load(
            ["-e", "123456"],
            {"WSGID_ENV": "A=b,123456"},
            str(start.directory),
            {"env": {"PASSWORD": 123456}},
        )

    assert 4 == len(caught.value.diagnostics)
    assert 4 == str(caught.value).count("<redacted>\n")
    assert "123456" not in str(caught.value)


def test_a_variable_without_equals_sign_is_told(start: Start) -> None:
    assert [("command line", "error[invalid-value]", "invalid value for `env`", "expected NAME=VALUE")] == (
        start.mistakes("-e", "DEBUG")
    )


def test_what_is_wrong_may_not_be_utf_8_either(start: Start) -> None:
    """Such an octet comes as half a character; a path may well have one, and keeps it."""
    env = {"WSGID_BIND": "a \udcff", "WSGID_PIDFILE": "/run/\udcff", "WSGID_WORKERS": "x"}
    bind, workers = start.mistakes(env=env)

    assert (
        "environment variable WSGID_BIND",
        "error[invalid-value]",
        "invalid value for `bind`",
        "it has what is not UTF-8",
    ) == bind
    assert "environment variable WSGID_WORKERS" == workers[0]
    assert "/run/\udcff" == start.load(env={"WSGID_PIDFILE": "/run/\udcff"}).settings.pidfile


def test_a_file_that_cannot_be_read_does_not_hide_the_other_mistakes(start: Start) -> None:
    unreadable, wrong = start.mistakes("-c", "none.toml", "-w", "x")

    assert "cannot read `none.toml`: No such file or directory" == unreadable[2]
    assert ("command line", "error[wrong-type]") == wrong[:2]


def test_a_dangling_link_is_not_no_file(start: Start) -> None:
    (start.directory / "wsgid.toml").symlink_to("nowhere")

    ((_, _, message, _),) = start.mistakes()

    assert "cannot read `wsgid.toml`: No such file or directory" == message


def test_a_file_says_by_its_name_what_it_is(start: Start) -> None:
    start.write("workers = 2\n", "shop.conf")

    assert [
        (
            "shop.conf",
            "error[unreadable-file]",
            "`shop.conf`: its name does not say what it is",
            "the endings are .toml, .yaml, .yml, .py",
        )
    ] == start.mistakes("-c", "shop.conf")


def test_threads_need_a_kind_that_has_them(start: Start) -> None:
    start.write('worker_class = "tornado"\n')
    with pytest.raises(Mistakes) as caught:
        start.load("--threads", "8")
    conflict = caught.value.diagnostics[0]

    assert (
        '`threads = 8` needs worker_class "sync" or "gthread", but worker_class is "tornado"'
        == conflict.message
    )
    assert ["command line", "wsgid.toml:1:16"] == [str(label.where) for label in conflict.labels]


def test_a_broken_variable_of_arguments_says_so(start: Start) -> None:
    with pytest.raises(UsageError, match="WSGID_CMD_ARGS: No closing quotation"):
        start.load(env={"WSGID_CMD_ARGS": "-b 'x"})
    with pytest.raises(UsageError, match=r"--nonsense(.|\n)*about the variable WSGID_CMD_ARGS"):
        start.load(env={"WSGID_CMD_ARGS": "--nonsense"})


# Warnings


def test_what_looks_like_our_variable_and_is_not_is_a_warning(start: Start) -> None:
    """Kubernetes sets the last four for a Service that is called wsgid."""
    env = {
        "WSGID_TIEMOUT": "3",
        "GUNICORN_CMD_ARGS": "-w 3",
        "WSGID_PREDECESSOR": "1",
        "WSGID_PORT": "tcp://10.0.0.1:80",
        "WSGID_PORT_80_TCP": "tcp://10.0.0.1:80",
        "WSGID_SERVICE_HOST": "10.0.0.1",
        "WSGID_SERVICE_PORT": "80",
    }

    stranger, gunicorns = map(told, start.load(env=env).warnings)

    assert (
        "environment variable WSGID_TIEMOUT",
        "warning[unknown-setting]",
        "unknown setting: there is no variable `WSGID_TIEMOUT`",
        "did you mean `WSGID_TIMEOUT`?",
    ) == stranger
    assert "GUNICORN_CMD_ARGS is not read: WSGID_CMD_ARGS is the variable for it" == gunicorns[2]


def test_a_setting_without_effect_is_a_warning_at_its_place(start: Start) -> None:
    (warning,) = map(told, start.load("--check-config", "-k", "asgi", "--body-timeout", "3").warnings)
    message = 'body_timeout has no effect with worker_class "asgi"'

    assert ("command line", "warning[conflict]", message, "") == warning


def test_a_load_can_be_repeated(start: Start) -> None:
    """A reload reads the same sources again, and sees what changed."""
    start.write("workers = 2\n")
    again = functools.partial(start.load, "--threads", "2")
    first = again()
    start.write("workers = 3\n")

    assert [2, 3] == [loaded.settings.workers for loaded in (first, again())]


@pytest.mark.parametrize(
    ("pid", "count", "bind"),
    [(os.getpid(), "2", "systemd:*"), (1, "2", "0.0.0.0:80"), (os.getpid(), "0", "0.0.0.0:80")],
    ids=["passed to us", "passed to another process", "none passed"],
)
def test_sockets_that_are_passed_to_us_are_the_default(start: Start, pid: int, count: str, bind: str) -> None:
    """Before the port of a platform: who passes a socket has no port in mind."""
    loaded = start.load(env={"LISTEN_FDS": count, "LISTEN_PID": str(pid), "PORT": "80"})

    assert (bind,) == loaded.settings.bind
