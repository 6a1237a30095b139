"""The hooks: named moments at which a function of the user's is called, and what it is called with.

The names and the arguments are gunicorn's, so that its users' files go on working.
"""

from __future__ import annotations

from typing import Final

# In the order in which a server comes to them.
HOOKS: Final[dict[str, tuple[str, ...]]] = {
    "on_starting": ("server",),
    "on_reload": ("server",),
    "when_ready": ("server",),
    "pre_fork": ("server", "worker"),
    "post_fork": ("server", "worker"),
    "post_worker_init": ("worker",),
    "pre_request": ("worker", "req"),
    "post_request": ("worker", "req", "environ", "resp"),
    "worker_int": ("worker",),
    "worker_abort": ("worker",),
    "worker_exit": ("server", "worker"),
    "child_exit": ("server", "worker"),
    "nworkers_changed": ("server", "new_value", "old_value"),
    "pre_exec": ("server",),
    "on_exit": ("server",),
    "ssl_context": ("config", "default_ssl_context_factory"),
}

# Arguments that a function need not take: gunicorn, too, looks how many it has.
MAY_BE_LEFT_OUT: Final[dict[str, int]] = {"post_request": 2}
