"""What a believed proxy says in header fields: of its client, of the scheme, of where the application lies.

`Believed` is asked once a connection. The parser of a connection whose peer is believed has a `Forwarding`,
and gives it the fields that it `takes`; every other parser has none, and these fields are ordinary ones.
"""

# Rule 1: what the nearest proxy says counts before what it has heard from others. Lists are read from the
#         right: everything left of a hop that is not believed may be the client's own invention.
# Rule 2: a name with an underscore is believed only where it is named (`forwarder_headers`), and then in the
#         place of its likeness with hyphens, which proxies pass on.
# Rule 3: what says two different things is refused. To choose would be to guess which of them the proxy,
#         or the application, has chosen.

import ipaddress
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from wsgid.protocol.refusal import bad_request
from wsgid.protocol.target import is_host

if TYPE_CHECKING:
    from wsgid.protocol.http1 import Request

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# By `proxy_headers`: what names the client and its host.
WORDS = {
    "off": frozenset[str](),
    "x-forwarded": frozenset({"X-FORWARDED-FOR", "X-FORWARDED-HOST", "X-FORWARDED-PORT"}),
    "forwarded": frozenset({"FORWARDED"}),
}

# Addresses that clients make up must not fill the memory.
REMEMBERED = 1024

LARGEST_PORT = 0xFFFF
WITH_PORT = re.compile(r":[0-9]*\Z", re.ASCII)
DEFAULT_PORTS = {"http": "80", "https": "443"}

# RFC 7239, 4: token "=" (token / quoted-string).
PAIR = re.compile(
    r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+)="
    r"(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)|\"((?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*)\")"
)
# Space around semicolons is not in the grammar, and in many proxies.
SEPARATOR = re.compile(r"[ \t]*(?:([;,])[ \t]*|\Z)")
QUOTED_PAIR = re.compile(r"\\(.)")
# An IPv4 address as the kernel writes it: to read it would give the same text, and takes some 2 us.
PLAIN = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!\Z)|\Z)){4}", re.ASCII)
# RFC 7239, 6: a node, and the port that may stand behind it.
NODE = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::([0-9]{1,5}|_[A-Za-z0-9._-]+))?", re.ASCII)
UNNAMED = re.compile(r"(?i:unknown|_[A-Z0-9._-]+)(?::(?:[0-9]{1,5}|_[A-Za-z0-9._-]+))?", re.ASCII)

# Of a WebSocket's too: a proxy names the scheme of the URI.
SCHEMES = {"https": "https", "wss": "https", "http": "http", "ws": "http"}


class Believed:
    """Addresses and networks that are believed; `*` is all."""

    __slots__ = ("_all", "_answers", "_hosts", "_networks")

    def __init__(self, texts: Iterable[str]) -> None:
        """Read them; raises ValueError for what is neither."""
        texts = tuple(texts)
        self._all = "*" in texts
        networks = [ipaddress.ip_network(text) for text in texts if text != "*"]
        # A look-up for single addresses, as most are.
        self._hosts = frozenset(
            str(network.network_address) for network in networks if network.num_addresses == 1
        )
        self._networks = tuple(network for network in networks if network.num_addresses > 1)
        # To read an address and to compare it with networks takes as long as half of a request.
        self._answers: dict[str, bool] = {}

    def __contains__(self, host: str) -> bool:
        """Whether this address, as the kernel or `read_node` writes it, is believed; "" is no address."""
        if self._all or host in self._hosts:
            return True
        if not self._networks or not host:
            return False
        answer = self._answers.get(host)
        if answer is None:
            address = ipaddress.ip_address(host)
            answer = any(address in network for network in self._networks)
            if len(self._answers) >= REMEMBERED:
                self._answers.clear()
            self._answers[host] = answer
        return answer


class Hop(NamedTuple):
    """What one proxy says of whoever asked it. None is not said; an `address` "" is said not to be known."""

    address: str | None = None
    # The port of that address, and the one that was asked.
    port: str | None = None
    host: str | None = None
    host_port: str | None = None
    scheme: str | None = None


class Heard(NamedTuple):
    """A field that is listened to."""

    # In the environ.
    key: str
    # The value that means https, in small letters; None where the field says nothing of a scheme.
    https: str | None


class Forwarding:
    """How the fields of believed peers are read; made once a worker."""

    __slots__ = ("_believed", "_heard", "_hears_all", "_words", "names_clients")

    def __init__(
        self,
        believed: Believed,
        *,
        scheme_headers: Mapping[str, str],
        words: str = "off",
        forwarder_headers: Collection[str] = (),
    ) -> None:
        """`words` is `proxy_headers`; `forwarder_headers` are names with underscores, or `*`."""
        self._believed = believed
        self._words = words
        # Whether a request may be another client's than the one before it on the connection.
        self.names_clients = words != "off"
        https = {name.upper(): value.lower() for name, value in scheme_headers.items()}
        forwarders = {name for name in forwarder_headers if "_" in name}
        # By name, in capitals; and whether every name with an underscore is heard besides.
        self._heard = {name: _heard(name, https.get(name)) for name in {*https, *WORDS[words], *forwarders}}
        self._hears_all = "*" in forwarder_headers

    def takes(self, name: str) -> bool:
        """Whether a field of this name, in capitals, is to be heard here."""
        return name in self._heard or (self._hears_all and "_" in name)

    def hear(self, request: "Request", lines: Iterable[str]) -> None:
        """Put what the fields in these lines say into a request, whose environ has all others.

        Raises Refusal.
        """
        environ = request.environ
        heard = self._heard
        said: dict[str, str] = {}
        scheme = None
        for line in lines:
            sent, _, text = line.partition(":")
            name = sent.upper()
            if name in heard:
                key, https = heard[name]
            elif self._hears_all and "_" in name:
                key, https = _heard(name, None)
            else:
                continue
            value = text.strip(" \t")
            if name not in said:
                said[name] = value
                # In the place of a likeness with hyphens: rule 2.
                environ[key] = value if key not in environ or "_" in name else f"{environ[key]},{value}"
            elif "_" in name:
                raise bad_request(f"more than one {name} from a proxy")
            else:
                said[name] += "," + value
                environ[key] += "," + value
            if https is not None:
                scheme = _agree(scheme, "https" if value.lower() == https else "http")
        if self.names_clients:
            client = self._client(said)
            if client.scheme is not None:
                scheme = _agree(scheme, client.scheme)
            _introduce(environ, client, scheme or environ["wsgi.url_scheme"])
        if scheme is not None:
            environ["wsgi.url_scheme"] = scheme
        if "SCRIPT_NAME" in said:
            _mount(request, said["SCRIPT_NAME"])

    def _client(self, said: Mapping[str, str]) -> Hop:
        if self._words == "forwarded":
            return self._choose(read_forwarded(said.get("FORWARDED", "")))
        client = self._choose(_read_addresses(said.get("X-FORWARDED-FOR", "")))
        host, port = (_last(said.get(name)) for name in ("X-FORWARDED-HOST", "X-FORWARDED-PORT"))
        if host is not None and not (host and is_host(host)):
            raise bad_request("X-Forwarded-Host is no host")
        if port is not None and not is_port(port):
            raise bad_request("X-Forwarded-Port is no port")
        return Hop(client.address, client.port, host, port)

    def _choose(self, hops: Iterable[Hop]) -> Hop:
        """The client: the first hop that is not believed, the nearest first.

        Where all are, the farthest. A hop that says nothing of an address is as far as anybody knows.
        """
        known = Hop()
        for hop in hops:
            if hop.address is None:
                return hop._replace(address=known.address, port=known.port)
            known = hop
            if hop.address not in self._believed:
                break
        return known


def _heard(name: str, https: str | None) -> Heard:
    return Heard("HTTP_" + name.replace("-", "_"), https)


def _agree(before: str | None, scheme: str) -> str:
    if before is not None and before != scheme:
        raise bad_request("headers of a proxy that disagree about the scheme (secure_scheme_headers)")
    return scheme


def read_forwarded(text: str) -> Iterator[Hop]:
    """The hops of a Forwarded field (RFC 7239, 4), the nearest first. Raises Refusal."""
    elements: list[dict[str, str]] = [{}]
    at = 0
    while at < len(text):
        separator = SEPARATOR.match(text, at)
        if separator is not None:
            # Elements and pairs may be empty.
            at = separator.end()
            if separator[1] == ",":
                elements.append({})
            continue
        pair = PAIR.match(text, at)
        if pair is None or SEPARATOR.match(text, pair.end()) is None:
            raise bad_request(f"Forwarded cannot be read (RFC 7239, 4): {text[at : at + 40]}")
        name, token, quoted = pair.groups()
        name = name.lower()
        if name in elements[-1]:
            raise bad_request(f"Forwarded says {name} twice for one hop")
        elements[-1][name] = token if token is not None else QUOTED_PAIR.sub(r"\1", quoted)
        at = pair.end()
    return (_hop(element) for element in reversed(elements) if element)


def _hop(element: Mapping[str, str]) -> Hop:
    node = (None, None) if "for" not in element else read_node(element["for"])
    if node is None:
        raise bad_request(f"Forwarded names no node (RFC 7239, 6): {element['for']}")
    host = element.get("host")
    if host is not None and not (host and is_host(host)):
        raise bad_request("Forwarded names no host")
    scheme = element.get("proto")
    if scheme is not None and scheme.lower() not in SCHEMES:
        raise bad_request(f"Forwarded names another scheme than http and https: {scheme}")
    address, port = node
    return Hop(address, port, host, scheme=None if scheme is None else SCHEMES[scheme.lower()])


def read_node(text: str) -> tuple[str, str | None] | None:
    """Address and port of a node (RFC 7239, 6); the address is "" where the proxy keeps it to itself."""
    match = NODE.fullmatch(text)
    if match is None:
        return ("", None) if UNNAMED.fullmatch(text) else None
    v6, v4, port = match.groups()
    address = _address(v6, ipaddress.IPv6Address) if v6 else _address(v4, ipaddress.IPv4Address)
    if address is None or (port is not None and not (port.startswith("_") or is_port(port))):
        return None
    return address, port if port is None or not port.startswith("_") else None


def is_port(text: str) -> bool:
    """Whether it is a number of a port."""
    return text.isascii() and text.isdigit() and int(text) <= LARGEST_PORT


def _read_addresses(value: str) -> Iterator[Hop]:
    """The hops of X-Forwarded-For, which no standard knows: what is no address is one that nobody knows."""
    for part in reversed(value.split(",")):
        text = part.strip(" \t")
        if PLAIN.fullmatch(text):
            yield Hop(text)
        elif text:
            address = _address(text, ipaddress.IPv6Address)
            yield Hop(*((address, None) if address else read_node(text) or ("", None)))


def _address(text: str, kind: Callable[[str], Address]) -> str | None:
    """The address as the kernel writes it, or None."""
    try:
        address = kind(text)
    except ValueError:
        return None
    if "%" in text:
        # A zone is known to one machine alone.
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def _last(value: str | None) -> str | None:
    """What the nearest proxy has added to a list."""
    return None if value is None else value.rpartition(",")[2].strip(" \t")


def _introduce(environ: dict[str, Any], client: Hop, scheme: str) -> None:
    """Let the client take the place of the proxy in an environ."""
    if client.address is not None:
        environ["REMOTE_ADDR"] = client.address
        if client.port is not None:
            environ["REMOTE_PORT"] = client.port
        else:
            # The proxy's own would be taken for the client's.
            environ.pop("REMOTE_PORT", None)
    if client.host is not None:
        environ["HTTP_HOST"] = client.host
    port = client.host_port
    if port is not None:
        environ["SERVER_PORT"] = port
        host = environ.get("HTTP_HOST")
        if host and not WITH_PORT.search(host) and port != DEFAULT_PORTS[scheme]:
            # An application makes its URLs of this one (PEP 3333, "URL Reconstruction").
            environ["HTTP_HOST"] = f"{host}:{port}"


def _mount(request: "Request", script: str) -> None:
    """Say where the application lies: the path begins there (RFC 3875, 4.1.13)."""
    script = script.rstrip("/")
    if script and not script.startswith("/"):
        raise bad_request("SCRIPT_NAME is no path")
    request.environ["SCRIPT_NAME"] = script
    if not script or request.path == "*":
        return
    path, question_mark, query = request.path.partition("?")
    end = _end_of(script, path)
    if end is None or path[end : end + 1] not in ("", "/"):
        raise bad_request(f"the path does not begin with SCRIPT_NAME {script}")
    request.path = path[end:] + question_mark + query


def _end_of(script: str, path: str) -> int | None:
    """Where a decoded beginning ends in a path that is not; None if it is not its beginning."""
    if path.startswith(script):
        return len(script)
    at = 0
    for octet in script:
        if path[at : at + 1] == octet:
            at += 1
        elif path[at : at + 3].lower() == f"%{ord(octet):02x}":
            at += 3
        else:
            return None
    return at
