"""PasteDeploy: the application that an ini file names, with its filters, composites and variables."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from wsgid.apps.loader import look_at
from wsgid.apps.traceback import own_traceback
from wsgid.errors import ApplicationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def load_paste(spec: str, variables: Mapping[str, str]) -> Callable[..., Any]:
    """Load [app:main] of FILE, or the application, composite or pipeline NAME of FILE#NAME.

    FILE is absolute; `variables` are those that the file may use, as if they stood in its [DEFAULT]. Raises
    ApplicationError.
    """
    file, _, name = spec.partition("#")
    try:
        from paste.deploy import loadapp  # noqa: PLC0415  lazy on purpose: only where it is asked for
    except ImportError:
        raise ApplicationError(
            f"paste `{spec}`: {sys.executable} has no PasteDeploy: pip install PasteDeploy"
        ) from None
    try:
        # It takes the path for a part of a URL.
        app = loadapp(f"config:{quote(file)}", name=name or None, global_conf=dict(variables))
    except ApplicationError:
        raise
    except LookupError as error:
        # Its own: a section that is not there, an egg without such an entry point.
        raise ApplicationError(f"paste `{spec}`: {error.args[0] if error.args else error}") from None
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever the application's code may raise
        raise ApplicationError(f"paste `{spec}` cannot be loaded:\n{own_traceback(error).text}") from None
    return look_at(app, spec)
