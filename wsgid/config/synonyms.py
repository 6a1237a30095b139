"""What people write who come from another server: their name for a setting, and ours.

Only names that no comparison of letters would find, or for which it would find a wrong one.
"""

from __future__ import annotations

from typing import Final

SYNONYMS: Final[dict[str, str]] = {
    "address": "bind",
    "addresses": "bind",
    "host": "bind",
    "http": "bind",
    "listen": "bind",
    "port": "bind",
    "socket": "bind",
    "application": "app",
    "callable": "app",
    "module": "app",
    "interface": "worker_class",
    "kind": "worker_class",
    "worker_kind": "worker_class",
    "worker_type": "worker_class",
    "process": "workers",
    "processes": "workers",
    "worker_threads": "threads",
    "limit_concurrency": "worker_connections",
    "max_worker_lifetime": "max_worker_age",
    "reload_on_rss": "max_worker_memory",
    "harakiri": "request_timeout",
    "client_max_body_size": "limit_request_body",
    "max_body_size": "limit_request_body",
    "max_request_body_size": "limit_request_body",
    "environ": "env",
    "environment": "env",
    "cwd": "chdir",
    "directory": "chdir",
    "root_dir": "chdir",
    "working_dir": "chdir",
    "working_directory": "chdir",
    "home": "virtualenv",
    "pythonhome": "virtualenv",
    "venv": "virtualenv",
    "gid": "group",
    "uid": "user",
    "name": "proc_name",
    "title": "proc_name",
    "trusted_proxies": "forwarded_allow_ips",
    "certificate": "certfile",
    "ssl_certificate": "certfile",
    "key": "keyfile",
    "ssl_certificate_key": "keyfile",
    "log": "errorlog",
    "logging": "logconfig_dict",
}
