"""A Pyramid project's ini file, by `wsgid-paster`, by `paste` and by `pserve`."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import ROOT
from wsgid.errors import ExitCode

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = pytest.mark.slow

INI = """
[DEFAULT]
debug = false

[composite:main]
use = egg:Paste#urlmap
/ = filtered
/plain = plain

[app:plain]
paste.app_factory = tests.apps.pyramid_site:main
site.name = shop

[app:filtered]
use = plain
filter-with = told

[filter:told]
paste.filter_app_factory = tests.apps.pyramid_site:make_filter
by = ini

[server:main]
use = egg:wsgid-server#main
host = 127.0.0.1
port = 0
workers = 2
proc_name = %(stage)s

[server:other]
use = egg:wsgid-server#main
workers = many

[loggers]
keys = root, site, access

[handlers]
keys = err, out

[formatters]
keys = plain

[logger_root]
level = WARNING
handlers = err

[logger_site]
level = INFO
handlers =
qualname = tests.apps.pyramid_site

[logger_access]
level = INFO
handlers = out
propagate = 0
qualname = wsgid.access

[handler_err]
class = StreamHandler
args = (sys.stderr,)
formatter = plain

[handler_out]
class = StreamHandler
args = (sys.stdout,)
formatter = plain

[formatter_plain]
format = by the ini: %(name)s %(message)s
"""
INI_WITH_STAGE = INI.replace("[DEFAULT]", "[DEFAULT]\nstage = live")
BOTH = [
    ("/", {"name": "shop", "stage": "live", "script_name": "", "by": "ini"}),
    ("/plain", {"name": "shop", "stage": "live", "script_name": "/plain", "by": None}),
]


def page(server: ServerProcess, path: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", path)
    response = connection.getresponse()
    text = response.read()
    connection.close()
    assert 200 == response.status
    return json.loads(text)


@pytest.fixture(params=["wsgid-paster", pytest.param("pserve", marks=pytest.mark.framework)])
def server(request: pytest.FixtureRequest, serve: Serve) -> ServerProcess:
    """Give a server whose address, too, stands in the ini file."""
    if request.param == "wsgid-paster":
        args, module = ["shop.ini"], "wsgid.cli.paster"
    else:
        args, module = ["shop.ini"], "pyramid.scripts.pserve"
    return serve(*args, module=module, app=None, bind=(), files={"shop.ini": INI_WITH_STAGE})


def test_the_ini_says_all_of_application_server_and_logs(server: ServerProcess) -> None:
    for path, expected in BOTH:
        assert expected == page(server, path)

    server.expect(r"server started .* workers=2 ")
    server.expect(r"listening at \S+ \(bind, \S*shop\.ini:2\d:\d+\)")
    server.expect("by the ini: tests.apps.pyramid_site asked", count=2)
    server.expect(r'by the ini: wsgid.access 127.0.0.1 - - .* "GET /plain HTTP/1.1" 200', count=1)

    (server.directory / "shop.ini").write_text(INI_WITH_STAGE.replace("workers = 2", "workers = 1"))
    mark = server.mark()
    server.signal(signal.SIGHUP)
    server.expect(r"workers 2 -> 1 \(.*shop\.ini:\d+:11\)", since=mark)
    # The error log goes on: fileConfig closes what handlers it finds.
    server.expect("reload done generation=2 workers=1", since=mark, deadline_s=30)
    assert BOTH[0][1] == page(server, "/")


@pytest.mark.framework
def test_a_setting_names_application_and_variables(serve: Serve) -> None:
    """What the command line says of the server comes above the ini; and the application may be any of it."""
    config = 'paste = "shop.ini#plain"\nworkers = 1\n[paste_global]\nstage = "test"\n'
    server = serve(app=None, config=config, files={"shop.ini": INI.replace("proc_name = %(stage)s", "")})

    expected = {"name": "shop", "stage": "test", "script_name": "", "by": None}
    assert expected == page(server, "/")


@pytest.mark.framework
@pytest.mark.parametrize(
    ("args", "status", "expected"),
    [
        (["shop.ini#nothing"], ExitCode.APPLICATION, "paste `/.*shop.ini#nothing`: No section 'nothing'"),
        (["shop.ini#other"], ExitCode.CONFIGURATION, "invalid value for `workers`\n  --> shop.ini:32:11"),
        (["none.ini"], ExitCode.CONFIGURATION, "cannot read `none.ini`: No such file"),
        ([], ExitCode.USAGE, "^wsgid-paster: no application is named\nusage: wsgid-paster "),
    ],
)
def test_what_cannot_be_served_is_told(serve: Serve, args: list[str], status: int, expected: str) -> None:
    files = {"shop.ini": INI_WITH_STAGE}
    server = serve(*args, module="wsgid.cli.paster", app=None, files=files, ready=False)

    assert status == server.wait()
    assert re.search(expected, server.log)


@pytest.mark.framework
def test_without_pastedeploy_the_message_names_the_package(serve: Serve) -> None:
    """A configuration that hides it stands in for an environment that has none."""
    files = {"shop.ini": INI_WITH_STAGE, "wsgid.conf.py": "import sys\nsys.modules['paste.deploy'] = None\n"}
    server = serve("shop.ini", module="wsgid.cli.paster", app=None, files=files, ready=False)

    assert ExitCode.APPLICATION == server.wait()
    assert "has no PasteDeploy: pip install PasteDeploy" in server.log


def test_a_server_that_does_not_know_its_file_says_so() -> None:
    script = "from wsgid.cli.paster import run_server; run_server(print, {}, workers='2')"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert 1 == done.returncode
    assert "wants to know its file" in done.stderr
