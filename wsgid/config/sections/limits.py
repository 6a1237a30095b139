"""What a client may ask for, and how long it may take."""

from typing import Annotated

from pydantic import Field

from wsgid.config import types as t
from wsgid.config.about import PARSER_KINDS, POLLER_KINDS, About
from wsgid.config.sections.section import Section


class Limits(Section):
    """What a client may ask for, and how long it may take."""

    limit_request_line: Annotated[
        t.ByteSize,
        About(
            "workers",
            "longest request line; 0: only the bound of the whole head",
            ("--limit-request-line",),
            "SIZE",
            kinds=PARSER_KINDS,
        ),
    ] = 8190
    limit_request_fields: Annotated[
        int,
        Field(ge=1, le=32_768),
        t.Expects("an integer"),
        About(
            "workers", "most header fields in a request", ("--limit-request-fields",), "N", kinds=PARSER_KINDS
        ),
    ] = 100
    limit_request_field_size: Annotated[
        t.ByteSize,
        About(
            "workers",
            "longest header field; 0: only the bound of the whole head",
            ("--limit-request-field-size",),
            "SIZE",
            kinds=PARSER_KINDS,
            old_flags=("--limit-request-field_size",),  # gunicorn's spelling
        ),
    ] = 8190
    limit_request_body: Annotated[
        t.ByteSize,
        About(
            "workers",
            "longest request body; 0: any",
            ("--limit-request-body",),
            "SIZE",
            kinds=PARSER_KINDS,
            is_gunicorn=False,
        ),
    ] = 2**30
    body_memory: Annotated[
        t.ByteSize,
        About(
            "workers",
            "a longer request body goes to a temporary file",
            ("--body-memory",),
            "SIZE",
            kinds=PARSER_KINDS,
            is_gunicorn=False,
        ),
    ] = 2**16
    spool_limit: Annotated[
        t.ByteSize,
        About(
            "workers",
            "most octets in all temporary files of a worker together",
            ("--spool-limit",),
            "SIZE",
            kinds=POLLER_KINDS,
            is_gunicorn=False,
        ),
    ] = 2**31
    request_buffering: Annotated[
        t.Flag,
        About(
            "workers",
            "read a request's body before the application is called",
            ("--request-buffering",),
            kinds=POLLER_KINDS,
            is_gunicorn=False,
        ),
    ] = True
    tmp_upload_dir: Annotated[
        t.PathOrNone,
        About(
            "workers",
            "directory of the temporary files",
            ("--tmp-upload-dir",),
            "DIR",
            kinds=POLLER_KINDS,
            default_words="the system's",
        ),
    ] = None
    header_timeout: Annotated[
        t.PositiveSeconds,
        About(
            "workers",
            "how long the head of a request may take",
            ("--header-timeout",),
            "DURATION",
            is_gunicorn=False,
        ),
    ] = 10.0
    body_timeout: Annotated[
        t.PositiveSeconds,
        About(
            "workers",
            "how long a client may send nothing of a request's body",
            ("--body-timeout",),
            "DURATION",
            kinds=PARSER_KINDS,
            is_gunicorn=False,
        ),
    ] = 30.0
    send_timeout: Annotated[
        t.PositiveSeconds,
        About(
            "workers",
            "how long a client may take nothing of a response",
            ("--send-timeout",),
            "DURATION",
            kinds=PARSER_KINDS,
            is_gunicorn=False,
        ),
    ] = 60.0
