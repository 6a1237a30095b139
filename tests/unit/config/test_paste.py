"""PasteDeploy: what [server:main] says, by PasteDeploy's rules, and where it stands."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from wsgid.config.check import check
from wsgid.config.diagnostics import Mistakes
from wsgid.config.load import load
from wsgid.config.paste import read_server, server_of

if TYPE_CHECKING:
    from pathlib import Path

    from wsgid.config.diagnostics import Where
    from wsgid.config.layers import Checked

NAME = "shop.ini"

Told = tuple[str, str, str, str]
"""A mistake: place, severity and code, message, note."""


class Directory:
    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, text: str, spec: str = NAME) -> Checked:
        (self.path / NAME).write_text(dedent(text))
        return check(read_server(spec, str(self.path)))

    def told(self, text: str) -> list[Told]:
        return [
            (
                str(mistake.labels[0].where).removeprefix(f"{NAME}:"),
                f"{mistake.severity}[{mistake.code}]",
                mistake.message,
                mistake.labels[0].note,
            )
            for mistake in self.read(text).mistakes
        ]


@pytest.fixture
def directory(tmp_path: Path) -> Directory:
    return Directory(tmp_path)


def quoted(where: Where) -> str:
    assert where.column is not None
    assert where.end is not None
    return where.text[where.column - 1 : where.end - 1]


# Values


def test_the_servers_section_is_a_layer_of_settings(directory: Directory) -> None:
    checked = directory.read("""
        [app:main]
        use = egg:shop
        workers = 9

        [server:main]
        use = egg:gunicorn#main
        Workers = 4
        worker_class: egg:gunicorn#gthread
        timeout = 30s
        loglevel = INFO
        sendfile = False
        umask = 027
        forwarded_allow_ips = 10.0.0.1, 10.0.0.0/8
        raw_env =
            GREETING=hello, world
            # a comment
            ROOT=%(here)s/static
        access_log_format = %%(h)s
        """)

    assert () == checked.mistakes
    assert {
        "workers": 4,
        "worker_class": "gthread",
        "timeout": 30.0,
        "loglevel": "info",
        "sendfile": False,
        "umask": 0o27,
        "forwarded_allow_ips": ("10.0.0.1", "10.0.0.0/8"),
        "env": {"GREETING": "hello, world", "ROOT": f"{directory.path}/static"},
        "access_log_format": "%(h)s",
    } == checked.values
    assert {
        ("workers",): "4",
        ("forwarded_allow_ips",): "10.0.0.1, 10.0.0.0/8",
        ("forwarded_allow_ips", 1): "10.0.0.0/8",
        ("raw_env", 0): "GREETING=hello, world",
    } == {
        path: quoted(place.value)
        for path, place in checked.layer.places.items()
        if path[0] in ("workers", "forwarded_allow_ips") or path == ("raw_env", 0)
        if path != ("forwarded_allow_ips", 0)
    }


@pytest.mark.parametrize(
    ("lines", "addresses"),
    [
        ("host = 0.0.0.0\nport = 6543", ["0.0.0.0:6543"]),
        ("host = 127.0.0.1, ::1\nport = 6543", ["127.0.0.1:6543", "[::1]:6543"]),
        ("host = *\nport = 0", ["0.0.0.0:0"]),
        ("host = shop.example", ["shop.example:8000"]),
        ("port = 6543", ["127.0.0.1:6543"]),
        ("host = unix:/run/shop.sock", ["unix:/run/shop.sock"]),
        ("bind = 127.0.0.1:1, [::1]:2", ["127.0.0.1:1", "[::1]:2"]),
        ("bind = 127.0.0.1:1\n  [::1]:2", ["127.0.0.1:1", "[::1]:2"]),
    ],
)
def test_host_and_port_are_an_address(directory: Directory, lines: str, addresses: list[str]) -> None:
    checked = directory.read(f"[server:main]\n{lines}\n")

    assert (tuple(addresses), ()) == (checked.values["bind"], checked.mistakes)
    assert f"{NAME}:2" == str(checked.place("bind").value).rpartition(":")[0]


def test_values_are_interpolated_as_pastedeploy_does(directory: Directory) -> None:
    checked = directory.read("""
        [DEFAULT]
        root = /srv
        logs = %(root)s/logs
        port = 1
        [server:main]
        set debug = false
        get chdir = root
        proc_name = shop-%(port)s
        pidfile = %(__file__)s.pid
        errorlog = %(logs)s/%(proc_name)s
        """)

    assert () == checked.mistakes
    assert {
        "chdir": "/srv",
        "proc_name": "shop-1",
        "pidfile": f"{directory.path}/shop.ini.pid",
        "errorlog": "/srv/logs/shop-1",
    } == checked.values
    assert "%(logs)s/%(proc_name)s" == quoted(checked.place("errorlog").value)


def test_a_section_may_begin_with_another_one(directory: Directory) -> None:
    checked = directory.read("""
        [server:base]
        use = egg:wsgid-server#main
        workers = 2
        threads = 3
        [server:main]
        use = base
        workers = 4
        """)

    assert {"workers": 4, "threads": 3} == checked.values
    assert f"{NAME}:5:11" == str(checked.place("threads").value)


def test_sections_that_begin_with_each_other_have_an_end(directory: Directory) -> None:
    text = "[server:main]\nuse = b\nworkers = 2\n[server:b]\nuse = main\nthreads = 3\n"

    assert {"workers": 2, "threads": 3} == directory.read(text).values
    assert [("5:7", "error[invalid-value]", "invalid value for `use`", "it leads back to itself")] == (
        directory.told(text)
    )


@pytest.mark.parametrize(
    ("spec", "workers"),
    [
        (NAME, 1),
        (f"config:{NAME}", 1),
        (f"{NAME}#main", 1),
        (f"{NAME}#admin", 2),
        (f"{NAME}#shop", 1),  # the name of an application alone
    ],
)
def test_a_name_chooses_the_section(directory: Directory, spec: str, workers: int) -> None:
    text = "[server:main]\nworkers = 1\n[server: admin]\nworkers = 2\n[app:shop]\nuse = egg:shop\n"

    assert {"workers": workers} == directory.read(text, spec).values


def test_a_file_without_a_server_says_nothing_of_it(directory: Directory) -> None:
    assert {} == directory.read("[app:main]\nuse = egg:shop\n").values
    assert {"workers": 2} == directory.read("[server]\nworkers = 2\n").values


# Mistakes


def test_every_mistake_has_its_place(directory: Directory) -> None:
    text = """\
        [server:main]
        use = egg:gunicorn
        tiemout = 3
        workers = many
        workers = two
        config = gunicorn.conf.py
        threads = %(nope)s
        proc_name = 100%
        errorlog = %(errorlog)s
        get chdir = nope
        BACKLOG = 1
        backlog = 2
        raw_env = A
        logger_class = shop.Logger
        """

    assert dedent("""\
        3:1: error[unknown-setting]: unknown setting `tiemout`: did you mean `timeout`?
        5:1: error[duplicate-setting]: `workers` stands in [server:main] twice: a key is given once
        5:11: error[wrong-type]: invalid value for `workers`: expected an integer, or "auto", found string
        6:1: error[unknown-setting]: `config` is not read here: give the file itself with -c
        7:11: error[invalid-value]: invalid value for `threads`: there is no `nope`, neither here nor in [DEFAULT]
        8:13: error[invalid-value]: invalid value for `proc_name`: a percent sign is written %%
        9:12: error[invalid-value]: invalid value for `errorlog`: its %(...)s lead back to itself
        10:13: error[invalid-value]: invalid value for `get chdir`: there is no `nope` in [DEFAULT]
        12:1: error[duplicate-setting]: `backlog` is given in capital letters, too: leave one of them out
        13:11: error[invalid-value]: invalid value for `raw_env`: expected NAME=VALUE
        14:1: warning[deprecated]: `logger_class` is a setting of gunicorn's that has no use here: use `logconfig_dict`
        """).splitlines() == [  # noqa: E501  a line each
        mistake.concise().removeprefix(f"{NAME}:") for mistake in directory.read(text).mistakes
    ]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            "host = a\nport = http",
            ("3:8", "error[invalid-value]", "invalid value for `port`", "expected a number from 0 to 65535"),
        ),
        (
            "port = 65536",
            ("2:8", "error[invalid-value]", "invalid value for `port`", "expected a number from 0 to 65535"),
        ),
        (
            f"port = {5000 * '8'}",  # more digits than int() takes
            ("2:8", "error[invalid-value]", "invalid value for `port`", "expected a number from 0 to 65535"),
        ),
        (
            "bind = :80\nhost = a",
            (
                "3:1",
                "error[duplicate-setting]",
                "`host` is the same setting as `bind`",
                "leave one of them out",
            ),
        ),
    ],
)
def test_an_address_that_is_none_is_told(directory: Directory, lines: str, told: Told) -> None:
    assert [told] == directory.told(f"[server:main]\n{lines}\n")


def test_of_another_servers_section_the_addresses_are_read(directory: Directory) -> None:
    """Pyramid's projects come with waitress in it, which has other settings."""
    checked = directory.read(
        "[server:main]\nuse = egg:waitress#main\nlisten = *:6543 [::]:6543\nurl_scheme = https\n"
    )

    assert {"bind": ("0.0.0.0:6543", "[::]:6543")} == checked.values
    assert [
        (
            f"{NAME}:2:7: warning[conflict]: only addresses are read from a section of another server: "
            "write `egg:wsgid-server#main` to have `url_scheme` read"
        )
    ] == [mistake.concise() for mistake in checked.mistakes]


def test_that_a_section_of_another_file_is_not_read_is_told(directory: Directory) -> None:
    """PasteDeploy itself would follow."""
    assert [
        (
            "2:7",
            "warning[conflict]",
            "the section of another file is not read for the server",
            "write here what it says of the server",
        )
    ] == directory.told("[server:main]\nuse = config:base.ini\nworkers = 3\n")


def test_a_key_that_is_general_is_none_of_the_servers(directory: Directory) -> None:
    """PasteDeploy hands the server no key that [DEFAULT] has, too."""
    text = "[DEFAULT]\nworkers = 2\n[server:main]\nworkers = 3\n"

    assert {} == directory.read(text).values
    ((place, kind, _, _),) = directory.told(text)
    assert ("4:11", "warning[conflict]") == (place, kind)


@pytest.mark.parametrize(
    ("text", "place", "note"),
    [
        ("workers = 2\n", "1:1", "a section comes first: [server:main]"),
        ("[server:main]\nworkers\n", "2:1", "write `key = value`"),
        ("[server:main]\nPASSWORD\n  hunter2\n", "2:1", "write `key = value`"),
    ],
)
def test_a_file_that_is_no_ini_file_is_told(directory: Directory, text: str, place: str, note: str) -> None:
    with pytest.raises(Mistakes) as caught:
        directory.read(text)
    (mistake,) = caught.value.diagnostics

    assert ("syntax", f"{NAME}:{place}", note) == (
        mistake.code,
        str(mistake.labels[0].where),
        mistake.labels[0].note,
    )


def test_a_secret_is_not_quoted(directory: Directory) -> None:
    text = "[server:main]\nraw_env = A\n  PASSWORD=hunter2 %(x)s\nkeyfile_password = hunter2 %(x)s\n"
    checked = directory.read(text)

    assert 2 == len(checked.mistakes)
    assert "hunter2" not in "".join(map(str, checked.mistakes))


# As a layer


def test_it_is_below_the_files(directory: Directory) -> None:
    (directory.path / NAME).write_text("[server:main]\nworkers = 2\nthreads = 2\n")
    (directory.path / "wsgid.toml").write_text(f'paste = "{NAME}"\nthreads = 3\n')
    settings = load(["--check-config"], {"WEB_CONCURRENCY": "9"}, str(directory.path)).settings

    assert (2, 3) == (settings.workers, settings.threads)


# Beside the server


LOGS = "[loggers]\nkeys =\n[handlers]\nkeys =\n[formatters]\nkeys =\n"


def test_a_file_that_configures_logging_does_so_for_the_server(directory: Directory) -> None:
    """As pserve does, and gunicorn."""
    layer = directory.read(LOGS)

    assert str(directory.path / NAME) == layer.values["logconfig"]
    assert f"{NAME}:1:1" == str(layer.place("logconfig").value)
    assert "logconfig" not in directory.read("[server:main]\n[loggers]\nkeys =\n").values
    named = directory.read(f"[server:main]\nuse = egg:wsgid-server\nlogconfig = other.ini\n{LOGS}")
    assert "other.ini" == str(named.values["logconfig"])


def test_who_says_elsewhere_how_to_log_means_it_instead(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(LOGS)
    argv = ["--paste", NAME, "--check-config"]

    assert str(tmp_path / NAME) == load(argv, {}, str(tmp_path)).settings.logconfig
    other = load([*argv, "--log-config-json", "a.json"], {}, str(tmp_path)).settings
    assert (None, "a.json") == (other.logconfig, other.logconfig_json)


def test_the_file_is_found_from_the_start_directory_wherever_workers_go(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("")
    loaded = load(["--paste", f"config:{NAME}#shop", "--chdir", "/", "--check-config"], {}, str(tmp_path))

    assert f"{tmp_path / NAME}#shop" == loaded.settings.paste


def test_a_server_is_known_by_its_keys(tmp_path: Path) -> None:
    """PasteDeploy tells a server what its section says, and not which it is."""
    file = tmp_path / NAME
    file.write_text(
        "[DEFAULT]\nx = 1\n[server:a]\nuse = egg:y\nport = 1\n[server:b]\nget workers = x\nport = 1\n"
    )

    assert "a" == server_of(str(file), {"port": "1"})
    assert "b" == server_of(str(file), {"port": "1", "workers": "1"})
    assert "" == server_of(str(file), {"threads": "1"})
