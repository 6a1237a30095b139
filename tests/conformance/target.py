"""The target of a request in its forms, and what of it an application sees."""

from __future__ import annotations

from tests.conformance.case import Case, case, get, refused, served, served_last

# target -> PATH_INFO, QUERY_STRING
ORIGIN = {
    "/": ("/", ""),
    "//": ("//", ""),
    "//host/x": ("//host/x", ""),
    "//host:80?q": ("//host:80", "q"),
    "////a": ("////a", ""),
    "/http://x": ("/http://x", ""),
    "/a:b@c": ("/a:b@c", ""),
    "/a?b?c": ("/a", "b?c"),
    "/a?": ("/a", ""),
    "/?": ("/", ""),
    "/??": ("/", "?"),
    "/a;p=1/b": ("/a;p=1/b", ""),
    "/a//b/": ("/a//b/", ""),
    "/a/../b/./c": ("/a/../b/./c", ""),
    "/a?/b/../c": ("/a", "/b/../c"),
    "/a,b!$&'()*=": ("/a,b!$&'()*=", ""),
    "/*": ("/*", ""),
    "/a?http://h/": ("/a", "http://h/"),
    # RFC 3986 has no place for these, browsers send them
    '/a"b|c^d`e{f}[g]': ('/a"b|c^d`e{f}[g]', ""),
}

PERCENT = {
    "/%41%2Db": ("/A-b", ""),
    "/a%2Fb": ("/a/b", ""),
    "/a%2fb": ("/a/b", ""),
    "/%C3%A9": ("/\xc3\xa9", ""),
    "/%e4%F6": ("/\xe4\xf6", ""),
    "/%E2%82%AC": ("/\xe2\x82\xac", ""),
    "/%2541": ("/%41", ""),
    "/%25": ("/%", ""),
    "/a%3Fb?c": ("/a?b", "c"),
    "/a%23b": ("/a#b", ""),
    "/a+b?c+d": ("/a+b", "c+d"),
    "/a%2Bb": ("/a+b", ""),
    "/a?%41%2B+%26": ("/a", "%41%2B+%26"),
    "/%20%09": ("/ \t", ""),
    "/%zz": ("/%zz", ""),
    "/%4": ("/%4", ""),
    "/%": ("/%", ""),
    "/%%41": ("/%A", ""),
    "/%4%41": ("/%4A", ""),
    "/%u0041": ("/%u0041", ""),
    "/%0g%41": ("/%0gA", ""),
    "/%2e%2e/a": ("/../a", ""),
}

# target -> PATH_INFO, QUERY_STRING, HTTP_HOST; the Host line says `other`
ABSOLUTE = {
    "http://h/abs?q": ("/abs", "q", "h"),
    "HTTP://h/abs": ("/abs", "", "h"),
    "hTtP://h/abs": ("/abs", "", "h"),
    "http://h": ("/", "", "h"),
    "http://h?q": ("/", "q", "h"),
    "http://h/?": ("/", "", "h"),
    "http://h:8080/x": ("/x", "", "h:8080"),
    "http://[::1]:80/x": ("/x", "", "[::1]:80"),
    "http://h//x": ("//x", "", "h"),
    "http://h/a%2Fb?c%2Fd": ("/a/b", "c%2Fd", "h"),
    "http://h/http://i/?http://j": ("/http://i/", "http://j", "h"),
}

# what cannot be served whatever the path
REFUSED = {
    "another scheme": "ftp://h/xyzzy",
    "a scheme without authority": "http:/xyzzy",
    "a scheme and nothing": "http://",
    "an empty authority": "http:///xyzzy",
    "an authority that is only a port": "http://:80/xyzzy",
    "userinfo": "http://xyzzy@h/",
    "userinfo with a password": "http://u:xyzzy@h/",
    "a bad port": "http://h:xyzzy/",
    "an open bracket": "http://[::1/xyzzy",
    "a backslash for the authority": "http:\\\\h\\xyzzy",
    "mailto": "mailto:xyzzy@h",
    "authority form": "xyzzy.example:443",
    "a name": "xyzzy",
    "relative": "a/xyzzy",
    "relative with dots": "../xyzzy",
    "a query alone": "?xyzzy",
    "an asterisk": "*",
    "an asterisk and more": "*/xyzzy",
    "a backslash": "\\xyzzy",
    "percent instead of a slash": "%2Fxyzzy",
    "fragment": "/xyzzy#b",
    "fragment after a query": "/a?b#xyzzy",
    "fragment, empty": "/xyzzy#",
    "fragment alone": "#xyzzy",
    "fragment of an absolute form": "http://h/#xyzzy",
    "fragment right behind the authority": "http://h#xyzzy",
}

CASES: tuple[Case, ...] = (
    *(
        case(
            f"target: {target}",
            "RFC 9112, 3.2.1",
            get(target),
            served(PATH_INFO=path, QUERY_STRING=query, RAW_URI=target, HTTP_HOST="h"),
        )
        for target, (path, query) in ORIGIN.items()
    ),
    *(
        case(
            f"target, percent: {target}",
            "RFC 3986, 2.4; PEP 3333",
            get(target),
            served(PATH_INFO=path, QUERY_STRING=query, RAW_URI=target, SCRIPT_NAME=""),
        )
        for target, (path, query) in PERCENT.items()
    ),
    *(
        case(
            f"target, absolute: {target}",
            "RFC 9112, 3.2.2",
            get(target, "Host: other"),
            served(PATH_INFO=path, QUERY_STRING=query, HTTP_HOST=host, **{"wsgi.url_scheme": "http"}),
        )
        for target, (path, query, host) in ABSOLUTE.items()
    ),
    case(
        "target, absolute: in HTTP/1.0 without Host",
        "RFC 9112, 3.2.2",
        get("http://h/x", version="1.0"),
        served_last(PATH_INFO="/x", HTTP_HOST="h"),
    ),
    case(
        "target, absolute: the Host line must be there and right all the same",
        "RFC 9112, 3.2",
        b"GET http://h/xyzzy HTTP/1.1\r\n\r\n",
        refused(400),
    ),
    case(
        "target, absolute: a wrong Host line beside it",
        "RFC 9112, 3.2",
        get("http://h/xyzzy", "Host: a b"),
        refused(400),
    ),
    case(
        "target, absolute: the next request has its own Host",
        "RFC 9112, 3.2.2",
        get("http://h/x", "Host: other") + get("/y", "Host: other"),
        served(HTTP_HOST="h"),
        served(HTTP_HOST="other", PATH_INFO="/y"),
    ),
    *(
        case(f"target, refused: {name}", "RFC 9112, 3.2", get(target), refused(400))
        for name, target in REFUSED.items()
    ),
    case(
        "target: OPTIONS *",
        "RFC 9112, 3.2.4",
        get("*", method="OPTIONS"),
        served(PATH_INFO="*", QUERY_STRING=""),
    ),
    case("target: OPTIONS of a path", "RFC 9112, 3.2.4", get("/x", method="OPTIONS"), served(PATH_INFO="/x")),
    case("target: POST *", "RFC 9112, 3.2.4", get("*", "Content-Length: 0", method="POST"), refused(400)),
    case(
        "target: CONNECT",
        "RFC 9110, 9.3.6",
        get("xyzzy:443", "Host: xyzzy:443", method="CONNECT"),
        refused(501),
    ),
    case(
        "target: CONNECT, and what would go through the tunnel",
        "RFC 9110, 9.3.6",
        get("h:80", "Host: h:80", method="CONNECT") + get("/xyzzy"),
        refused(501),
    ),
)
