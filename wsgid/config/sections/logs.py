"""What is written down, in which form, and where to."""

from typing import Annotated, Literal

from pydantic import Field

from wsgid.config import types as t
from wsgid.config.about import About
from wsgid.config.sections.section import Section

# gunicorn's, so that log readers go on reading.
DEFAULT_ACCESS_LOG_FORMAT = '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"'


class Logging(Section):
    """What is written down, in which form, and where to."""

    accesslog: Annotated[
        t.PathOrNone,
        About("live", 'access log: a file, or "-" for standard output', ("--access-logfile",), "FILE"),
    ] = None
    access_log_format: Annotated[
        t.Text,
        About(
            "workers",
            'format of the access log, with gunicorn\'s atoms, or "json"',
            ("--access-logformat",),
            "FORMAT",
        ),
    ] = DEFAULT_ACCESS_LOG_FORMAT
    access_log_skip: Annotated[
        t.PathPatterns,
        About(
            "workers",
            "paths that the access log leaves out, such as /healthz, /static/*",
            ("--access-log-skip",),
            "PATTERN[,PATTERN]",
            is_gunicorn=False,
        ),
    ] = ()
    errorlog: Annotated[
        t.LogTarget,
        About(
            "live",
            'error log: a file, or "-" for standard error',
            ("--error-logfile", "--log-file"),
            "FILE",
        ),
    ] = "-"
    loglevel: Annotated[
        Literal["debug", "info", "warning", "error", "critical"],
        t.words("debug", "info", "warning", "error", "critical"),
        About(
            "workers",
            "least level of what the error log takes: debug, info, warning, error, critical",
            ("--log-level",),
            "LEVEL",
        ),
    ] = "info"
    log_format: Annotated[
        Literal["auto", "text", "json"],
        t.words("auto", "text", "json"),
        About(
            "workers",
            "form of the error log: text, json; auto is text, with priorities where the journal reads it",
            ("--log-format",),
            "WORD",
            is_gunicorn=False,
        ),
    ] = "auto"
    capture_output: Annotated[
        t.Flag,
        About("workers", "send what the application prints to the error log", ("--capture-output",)),
    ] = False
    logconfig: Annotated[
        t.PathOrNone,
        About("workers", "file for logging.config.fileConfig", ("--log-config",), "FILE"),
    ] = None
    logconfig_json: Annotated[
        t.PathOrNone,
        About("workers", "JSON file for logging.config.dictConfig", ("--log-config-json",), "FILE"),
    ] = None
    logconfig_dict: Annotated[
        t.LogConfig,
        About("workers", "what logging.config.dictConfig takes"),
    ] = Field(default_factory=dict)
    syslog: Annotated[
        t.Flag,
        About("live", "send the logs to syslog", ("--log-syslog",)),
    ] = False
    syslog_addr: Annotated[
        t.SyslogAddress,
        About(
            "live",
            "where syslog listens: udp://HOST:PORT, tcp://HOST:PORT, unix://PATH#dgram, unix://PATH#stream",
            ("--log-syslog-to",),
            "ADDRESS",
        ),
    ] = "udp://localhost:514"
    syslog_prefix: Annotated[
        t.TextOrNone,
        About("live", "name of the program in syslog", ("--log-syslog-prefix",), "NAME"),
    ] = None
    syslog_facility: Annotated[
        t.SyslogFacility,
        About(
            "live",
            "facility in syslog: user, daemon, local0 to local7, ... (syslog(3))",
            ("--log-syslog-facility",),
            "WORD",
        ),
    ] = "user"
    enable_stdio_inheritance: Annotated[
        t.Flag,
        About(
            "restart",
            "keep standard output and error of the command that was typed, with --daemon",
            ("-R", "--enable-stdio-inheritance"),
        ),
    ] = False
    statsd_host: Annotated[
        t.StatsdAddress,
        About("live", "where statsd listens: HOST:PORT or unix://PATH", ("--statsd-host",), "ADDRESS"),
    ] = None
    statsd_prefix: Annotated[
        t.Text,
        About("live", "what the names of metrics begin with", ("--statsd-prefix",), "PREFIX"),
    ] = ""
    dogstatsd_tags: Annotated[
        t.Text,
        About("live", "tags of metrics, for DogStatsD", ("--dogstatsd-tags",), "NAME:VALUE[,NAME:VALUE]"),
    ] = ""
