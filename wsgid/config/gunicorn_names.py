"""gunicorn's names of settings: which of them are ours, which are hooks, and why the others have no use here.

A test walks the list of the gunicorn that the project is tested against. No pydantic: the command line asks,
too.
"""

from __future__ import annotations

from typing import Final

from wsgid.config.hooks import HOOKS
from wsgid.config.option_table import OPTIONS

# gunicorn's settings that are commands: what to do, not how.
COMMANDS: Final = frozenset({"config", "check_config", "print_config"})

_HTTP2: Final = "HTTP/2 ends at the proxy in front; between it and the server HTTP/1.1 is spoken"
_STRICT: Final = "requests are read strictly (RFC 9112), and nothing makes that lenient"
_ONE_PROTOCOL: Final = "HTTP is the only protocol; in nginx, `proxy_pass` takes the place of `uwsgi_pass`"
_DIRTY: Final = "there is no second arbiter; long tasks belong to a task queue"
_LIBRARY: Final = "the library that serves ASGI keeps its own"

# Name -> why a server of ours has no use for it, and what to use instead if there is something.
UNUSED: Final[dict[str, str]] = {
    "worker_tmp_dir": "workers say that they live in shared memory, not in files",
    "ssl_version": "use `tls_minimum`",
    "do_handshake_on_connect": "handshakes never hold a worker up; `header_timeout` bounds them",
    "suppress_ragged_eofs": "a connection that is cut off is no error",
    "spew": "use a debugger, or `wsgidctl stacks` for a server that runs",
    "strip_header_spaces": _STRICT,
    "permit_obsolete_folding": _STRICT,
    "permit_unconventional_http_method": _STRICT,
    "permit_unconventional_http_version": _STRICT,
    "casefold_http_method": _STRICT,
    "logger_class": "use `logconfig_dict`",
    "disable_redirect_access_to_syslog": "leave `accesslog` out",
    "enable_backlog_metric": "there is no such metric",
    "protocol": _ONE_PROTOCOL,
    "uwsgi_allow_ips": _ONE_PROTOCOL,
    "http_protocols": _HTTP2,
    "http2_cleartext": _HTTP2,
    "http2_max_concurrent_streams": _HTTP2,
    "http2_initial_window_size": _HTTP2,
    "http2_max_frame_size": _HTTP2,
    "http2_max_header_list_size": _HTTP2,
    "http_parser": "there is one parser, the fast one",
    "asgi_loop": "the event loop is uvloop where it is installed, else asyncio's",
    "asgi_disconnect_grace_period": _LIBRARY,
    "websocket_max_message_size": _LIBRARY,
    "control_socket_mode": "the control socket is for its owner alone (0600)",
    "control_socket_disable": "there is no control socket unless somebody asks for one",
    "default_proc_name": "use `proc_name`",
    "dirty_apps": _DIRTY,
    "dirty_workers": _DIRTY,
    "dirty_timeout": _DIRTY,
    "dirty_threads": _DIRTY,
    "dirty_graceful_timeout": _DIRTY,
    "on_dirty_starting": _DIRTY,
    "dirty_post_fork": _DIRTY,
    "dirty_worker_init": _DIRTY,
    "dirty_worker_exit": _DIRTY,
}

# gunicorn's name -> ours.
OURS: Final[dict[str, str]] = {
    **{option.name: option.name for option in OPTIONS if option.is_gunicorn},
    **{alias: option.name for option in OPTIONS for alias in option.aliases},
    **dict.fromkeys(HOOKS, "hooks"),
}

# gunicorn's flag -> the setting without a use here, for a message to whoever moves a command line.
UNUSED_FLAGS: Final[dict[str, str]] = {
    **{f"--{name.replace('_', '-')}": name for name in UNUSED},
    "--no-control-socket": "control_socket_disable",
    "--uwsgi-allow-from": "uwsgi_allow_ips",
    "--dirty-app": "dirty_apps",
}
