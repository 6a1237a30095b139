"""Who stands between us and the client, and what it is believed."""

from typing import Annotated, Literal

from pydantic import Field

from wsgid.config import types as t
from wsgid.config.about import ASGI_ALONE, PARSER_KINDS, About
from wsgid.config.sections.section import Section

# gunicorn's; nginx, Apache, HAProxy and Heroku send one or another of them.
DEFAULT_SECURE_SCHEME_HEADERS = {
    "X-FORWARDED-PROTOCOL": "ssl",
    "X-FORWARDED-PROTO": "https",
    "X-FORWARDED-SSL": "on",
}


class Proxies(Section):
    """Who stands between us and the client, and what it is believed."""

    forwarded_allow_ips: Annotated[
        t.Networks,
        About(
            "workers",
            "addresses and networks of proxies that are believed; *: all",
            ("--forwarded-allow-ips",),
            "ADDRESS[,ADDRESS]",
        ),
    ] = ("127.0.0.1", "::1")
    secure_scheme_headers: Annotated[
        t.Headers,
        About(
            "workers",
            "headers, and their values, with which a believed proxy says that the client came by https",
        ),
    ] = Field(default_factory=DEFAULT_SECURE_SCHEME_HEADERS.copy)
    proxy_headers: Annotated[
        Literal["off", "x-forwarded", "forwarded"],
        t.off_or_words("x-forwarded", "forwarded"),
        About(
            "workers",
            "headers of a believed proxy that name client and host: off, x-forwarded, forwarded",
            ("--proxy-headers",),
            "WORD",
            is_gunicorn=False,
        ),
    ] = "off"
    forwarder_headers: Annotated[
        t.EnvironNames,
        About(
            "workers",
            "names that a believed proxy may set in the environ though they have an underscore",
            ("--forwarder-headers",),
            "NAME[,NAME]",
            kinds=(*PARSER_KINDS, *ASGI_ALONE),
        ),
    ] = ("SCRIPT_NAME", "PATH_INFO")
    header_map: Annotated[
        Literal["drop", "refuse", "dangerous"],
        t.words("drop", "refuse", "dangerous"),
        About(
            "workers",
            "header names with an underscore: drop, refuse or (dangerous) pass on",
            ("--header-map",),
            "WORD",
            kinds=PARSER_KINDS,
        ),
    ] = "drop"
    proxy_protocol: Annotated[
        Literal["off", "v1", "v2", "auto"],
        t.off_or_words("v1", "v2", "auto", true="auto"),
        About(
            "workers",
            "expect the PROXY protocol before each connection: off, v1, v2, auto",
            ("--proxy-protocol",),
            "WORD",
            kinds=PARSER_KINDS,
            bare="auto",
            true_word="auto",
        ),
    ] = "off"
    proxy_allow_ips: Annotated[
        t.Networks,
        About(
            "workers",
            "addresses and networks whose PROXY protocol is believed; *: all",
            ("--proxy-allow-from",),
            "ADDRESS[,ADDRESS]",
            kinds=PARSER_KINDS,
        ),
    ] = ("127.0.0.1", "::1")
