"""A Django project, served by `wsgid-django` and `manage.py runwsgid`: nobody names the application."""

from __future__ import annotations

import http.client
import os
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wsgid.errors import ExitCode

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.support import ServerProcess

pytestmark = pytest.mark.slow

MANAGE = """
import os, sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
"""
SETTINGS = """
from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "for tests"
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.wrapped"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.staticfiles", "wsgid.apps.django"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "files"]
USE_TZ = True
"""
FILES = {
    "manage.py": MANAGE,
    "shop/__init__.py": "",
    "shop/settings.py": SETTINGS,
    "shop/urls.py": """
from django.conf import settings
from django.http import HttpResponse
from django.urls import path
urlpatterns = [path("", lambda request: HttpResponse(settings.SETTINGS_MODULE))]
""",
    "shop/wsgi.py": """
from django.core.wsgi import get_wsgi_application
inner = get_wsgi_application()

def wrapped(environ, start_response):
    def start(status, headers, exc_info=None):
        return start_response(status, [*headers, ("X-Wrapped", "yes")], exc_info)
    return inner(environ, start)
""",
    "files/style.css": "body {}",
}


def page(server: ServerProcess, path: str = "/") -> tuple[int, str, str | None]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", path)
    response = connection.getresponse()
    found = (response.status, response.read().decode(), response.getheader("X-Wrapped"))
    connection.close()
    return found


def reload(server: ServerProcess, line: str) -> None:
    mark = server.mark()
    server.signal(signal.SIGHUP)
    server.expect(line, since=mark, deadline_s=30)


def test_a_project_is_served_as_runserver_serves_it_and_found_again_at_each_reload(serve: Serve) -> None:
    """Without an argument: manage.py says which settings, these say which application."""
    server = serve("-w", "2", module="wsgid.cli.django", app=None, files=FILES)

    assert (200, "shop.settings", "yes") == page(server)
    assert (200, "body {}", None) == page(server, "/static/style.css")
    server.expect(r"migrations not applied count=2: contenttypes\.0001_initial, .*run `manage.py migrate`")

    (server.directory / "shop/live.py").write_text("from shop.settings import *\n")
    (server.directory / "manage.py").write_text(MANAGE.replace("shop.settings", "shop.live"))
    reload(server, "reload done generation=2")
    assert (200, "shop.live", "yes") == page(server)

    (server.directory / "manage.py").rename(server.directory / "elsewhere.py")
    (server.directory / "shop/settings.py").rename(server.directory / "shop/base.py")
    reload(server, "reload refused, generation=2 serves on")
    server.expect("there is no Django project in `.`: looked for manage.py and settings.py in /")
    assert (200, "shop.live", "yes") == page(server)
    told = [line for line in server.log.splitlines() if "migrations not applied" in line]
    assert 2 == len(told), "once a generation, not once a worker"


@pytest.mark.framework
def test_runwsgid_is_the_same_server(serve: Serve) -> None:
    """And not one below Django: an arbiter that held the project could reload no code."""
    server = serve("runwsgid", "-w", "1", "--settings=shop.settings", module="manage", app=None, files=FILES)

    assert (200, "shop.settings", "yes") == page(server)
    words = Path(f"/proc/{server.pid}/cmdline").read_bytes().split(b"\0")
    assert words[1:3] == [b"-m", b"wsgid.cli.django"]

    urls = server.directory / "shop/urls.py"
    urls.write_text(urls.read_text().replace("settings.SETTINGS_MODULE", "'new code'"))
    # Bytecode is taken for that of the source as long as the second is the same.
    os.utime(urls, (2**31, 2**31))
    reload(server, "reload done generation=2")
    assert (200, "new code", "yes") == page(server)


@pytest.mark.framework
@pytest.mark.parametrize(
    ("changed", "args", "status", "expected"),
    [
        (
            {"shop/settings.py": "import no_such_module\n"},
            [],
            ExitCode.APPLICATION,
            r"Django settings `shop\.settings` cannot be imported:\n(.*\n)*.*named 'no_such_module'",
        ),
        (
            {"shop/settings.py": SETTINGS.replace("shop.wsgi.wrapped", "shop.wsgi.nothing")},
            [],
            ExitCode.APPLICATION,
            r"Django project `shop\.settings` cannot be loaded:\n(.*\n)*.*'shop\.wsgi\.nothing' could not be",
        ),
        (
            {},
            ["shop.setings"],
            ExitCode.APPLICATION,
            r"there is no module `setings` in the package `shop`(.*\n)*did you mean `shop\.settings`\?",
        ),
        ({}, ["files"], ExitCode.CONFIGURATION, r"there is no Django project in `files`"),
    ],
)
def test_what_cannot_be_served_is_told(
    serve: Serve, changed: dict[str, str], args: list[str], status: int, expected: str
) -> None:
    files = {**FILES, **changed}
    server = serve(*args, module="wsgid.cli.django", app=None, files=files, ready=False)

    assert status == server.wait()
    assert re.search(expected, server.log)
    assert "wsgid/apps" not in server.log, "the frames of a traceback are the project's and Django's"
