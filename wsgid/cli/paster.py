"""The command `wsgid-paster`: `wsgid` for an ini file of PasteDeploy; and a server for `pserve`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from wsgid.cli.main import main_as, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def main() -> int:
    """Serve the application that the ini file names, as its section of the server says."""
    return main_as("wsgid-paster")


def run_server(app: Callable[..., Any], global_conf: Mapping[str, str], **given: str) -> None:
    """Be `egg:wsgid-server#main` (paste.server_runner): serve an application that is loaded already.

    `given` is what the section of the server says. It is read again from the file, at the start and at each
    reload: there every setting has its place.
    """
    from wsgid.config.paste import server_of  # noqa: PLC0415  lazy: wsgid-paster --help need not wait for it

    file = global_conf.get("__file__")
    if file is None:
        sys.exit("wsgid: egg:wsgid-server#main wants to know its file: start it with pserve, or wsgid-paster")
    name = server_of(file, given)
    status = serve(app, {"paste": f"{file}#{name}" if name else file})
    if status:
        sys.exit(status)


if __name__ == "__main__":
    sys.exit(main())
