"""The target of a request in its four forms (RFC 9112, 3.2), and the Host beside it."""

import re
from typing import TYPE_CHECKING, Final

from wsgid.protocol.refusal import Refusal, bad_request

if TYPE_CHECKING:
    from wsgid.protocol.http1 import Request

# RFC 3986, 3.2.2, without the comma and the quote: no name has them, and some readers take them for
# separators.
HOST: Final = re.compile(
    r"(?:\[[0-9A-Fa-f:.]+\]|\[v[0-9A-Fa-f]+\.[\w.~!$&()*+;=:-]+\]|(?:[A-Za-z0-9._~!$&()*+;=-]|%[0-9A-Fa-f]{2})*)"
    r"(?::(?:0*(?:[1-5]?[0-9]{1,4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?)?\Z",
    re.ASCII,
)

ABSOLUTE: Final = re.compile(r"(?i:https?)://([^/?]*)(.*)\Z", re.DOTALL)

# Hosts that were found right. A server has few names, and every connection asks for one of them; those that
# clients make up must not fill the memory, so none is kept that is longer than a name of the DNS and a port.
_RIGHT: Final[set[str]] = set()
REMEMBERED: Final = 256
LONGEST_REMEMBERED: Final = 260


def is_host(text: str) -> bool:
    """Whether this may stand in a Host field: empty, a name, an address, with or without a port."""
    if text in _RIGHT:
        return True
    if HOST.match(text) is None:
        return False
    if len(text) <= LONGEST_REMEMBERED:
        if len(_RIGHT) >= REMEMBERED:
            _RIGHT.clear()
        _RIGHT.add(text)
    return True


def origin_form(request: "Request") -> None:
    """Bring a target that does not begin with a slash into origin form, or refuse it."""
    target = request.target
    if request.method == "CONNECT":
        raise Refusal(501, "Not Implemented", "CONNECT: there are no tunnels here")
    if target == "*":
        if request.method != "OPTIONS":
            raise bad_request("the target * without OPTIONS")
        return
    absolute = ABSOLUTE.match(target)
    if absolute is None:
        raise bad_request("a target that is neither a path nor an http URI")
    authority = absolute[1]
    if not authority or not is_host(authority) or authority.startswith(":"):
        raise bad_request("the authority of the target")
    path = absolute[2]
    request.path = path if path.startswith("/") else "/" + path
    # RFC 9112, 3.2.2: the authority of the target replaces the Host field.
    request.environ["HTTP_HOST"] = authority
