"""--init: a configuration file to begin with, where every setting stands commented out.

As in sshd_config, `# text` explains, and `#name = value` is a line that may be put in force.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wsgid.config.option_table import OPTIONS
from wsgid.config.settings import Settings, about
from wsgid.config.written import octal, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wsgid.config.option import Option

SCHEMA = "wsgid.schema.json"

HEAD = f"""\
#:schema {SCHEMA}
# A configuration of wsgid. `wsgid --print-schema >{SCHEMA}` makes the file that the line above
# names, and editors then complete and check this one.
#
# A line such as `#workers = 1` shows the default, or else an example: take the # away and change it.
# Durations are seconds, or "30s", "5m", "1h", "500ms"; sizes are octets, or "64K", "10M", "1G".
# `wsgid --check-config` says what is wrong with it, `wsgid --explain NAME` more about one setting.
"""

# What to write for a setting that has no default, as TOML.
EXAMPLES: Final = {
    "app": '"mysite.wsgi:application"',
    "chdir": '"/srv/mysite"',
    "pythonpath": '["/srv/mysite/src"]',
    "virtualenv": '"/srv/mysite/venv"',
    "socket_user": '"www-data"',
    "socket_group": '"www-data"',
    "tmp_upload_dir": '"/var/tmp"',
    "pidfile": '"/run/mysite/wsgid.pid"',
    "user": '"www-data"',
    "group": '"www-data"',
    "umask": '"027"',
    "upgrade": '"auto"',
    "control_socket": '"/run/mysite/control"',
    "proc_name": '"mysite"',
    "accesslog": '"/var/log/mysite/access.log"',
    "access_log_skip": '["/healthz"]',
    "syslog_prefix": '"mysite"',
    "statsd_host": '"localhost:8125"',
    "statsd_prefix": '"mysite"',
    "dogstatsd_tags": '"service:mysite"',
    "certfile": '"/etc/ssl/certs/mysite.pem"',
    "keyfile": '"/etc/ssl/private/mysite.key"',
    "keyfile_password": '{ credential = "keyfile_password" }',
    "ca_certs": '"/etc/ssl/certs/clients.pem"',
    "ciphers": '"ECDHE+AESGCM"',
    "reload_extra_files": '["templates/*.html"]',
    "root_path": '"/app"',
}
TABLES: Final = {
    "env": 'DJANGO_SETTINGS_MODULE = "mysite.settings"',
    "hooks": 'when_ready = "mysite.server:when_ready"',
    "secure_scheme_headers": "",
}
# What stands in the way of another setting: shown as a word of explanation only.
INSTEAD: Final = {
    "django": '`django = "mysite.settings"`, instead of `app`: what `wsgid-django` takes',
    "paste": '`paste = "production.ini"`, instead of `app`',
    "paste_global": "a table [paste_global], with `paste`",
    "logconfig": '`logconfig = "logging.ini"`, instead of a table [logconfig_dict]',
    "logconfig_json": '`logconfig_json = "logging.json"`, instead of a table [logconfig_dict]',
    "logconfig_dict": "a table [logconfig_dict]",
}


def example() -> str:
    """Return the file's text."""
    lines = [HEAD.rstrip()]
    section = ""
    for option in OPTIONS:
        if option.kind == "map" and option.name in TABLES:
            continue
        if option.section != section:
            section = option.section
            lines += ["", "", f"# {section}"]
        lines += ["", *_entry(option)]
    # A table takes all lines below it, so tables are last.
    tables = [option for option in OPTIONS if option.name in TABLES]
    lines += ["", "", "# Tables: what stands below a [name] is inside of it"]
    for option in tables:
        lines += ["", *_table(option)]
    return "\n".join(lines) + "\n"


def _entry(option: Option) -> Iterator[str]:
    yield f"# {_sentence(option)}"
    if option.name in INSTEAD:
        yield f"# Write {INSTEAD[option.name]}."
        return
    yield f"#{option.name} = {EXAMPLES.get(option.name) or _default(option)}"


def _default(option: Option) -> str:
    value = Settings.model_fields[option.name].get_default(call_default_factory=True)
    if about(option.name).is_octal:
        return octal(value)
    # "30s" and "1G" say more than 30.0 and 1073741824.
    return (
        f'"{option.default}"'
        if option.metavar == "SIZE" and value and option.default[-1:] in "KMG"
        else written(value)
    )


def _table(option: Option) -> Iterator[str]:
    yield f"# {_sentence(option)}"
    yield f"#[{option.name}]"
    default = Settings.model_fields[option.name].get_default(call_default_factory=True)
    for name, value in default.items():
        yield f"#{name} = {written(value)}"
    if TABLES[option.name]:
        yield f"#{TABLES[option.name]}"


def _sentence(option: Option) -> str:
    text = option.help[:1].upper() + option.help[1:] + "."
    return f"{text} Default: {option.default_words}." if option.default_words else text
