"""The site under load: the application of tests/load as the instance `shop`, and ways for it to listen."""

from __future__ import annotations

from typing import Final

from tests.support import ROOT

PORT: Final = 8000

# In the stead of what `Machine` has put there.
SITE: Final = f"""
mkdir -p /srv/site/tests
cp -r {ROOT}/tests/load {ROOT}/tests/__init__.py /srv/site/tests/
rm -f /etc/systemd/system/wsgid@shop.service.d/socket.conf
printf 'app = "tests.load.app"\\nchdir = "/srv/site"\\nworkers = 2\\nthreads = 4\\n' > /etc/wsgid/shop.toml
"""

# A socket unit with a port, since the load knows no other addresses.
BY_SOCKET: Final = f"""
mkdir -p /etc/systemd/system/wsgid@shop.socket.d
printf '[Socket]\\nListenStream=\\nListenStream=127.0.0.1:{PORT}\\n' \\
    > /etc/systemd/system/wsgid@shop.socket.d/tcp.conf
drop_in socket < {ROOT}/systemd/examples/socket.conf
"""

BY_BIND: Final = f"""
echo 'bind = ["127.0.0.1:{PORT}"]' >> /etc/wsgid/shop.toml
systemctl daemon-reload
"""

WITHOUT_STORE: Final = r"printf '[Service]\nFileDescriptorStoreMax=0\n' | drop_in no-store"


def lost(times: int, command: str, python: str = "$PYTHON") -> str:
    """Give the words that do something so often under load, and print a line of JSON."""
    return f"(cd {ROOT}; {python} -B -m tests.systemd.lost {PORT} {times} {command!r})"
