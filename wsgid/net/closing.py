"""How a listener is closed so that nobody is reset: newcomers are kept out, then who is there is let in.

close(2) of a listening TCP socket resets whoever is in its queue, and between the last accept(2) and the
close somebody may come. So the arbiter keeps newcomers out, of all copies of the socket at once; whoever
closes a copy accepts what is there, and finds an end to it. docs/decisions/0023 weighs the other ways.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from array import array
from select import POLLRDHUP, poll
from typing import TYPE_CHECKING, Final

from wsgid.net.listener import is_at_its_path, take_path_away

if TYPE_CHECKING:
    from collections.abc import Callable

    from wsgid.net.listener import Listener

# asm-generic/socket.h; Python has no names for them. One number is both: set attaches, get reads.
_SO_ATTACH_FILTER: Final = 26
_SO_GET_FILTER: Final = 26

# `struct sock_filter` of linux/filter.h: code, jt, jf, k. The octet of a TCP header that has its flags; a SYN
# without an ACK is dropped, all else passes: also the last segment of a handshake that has begun.
_DROP_SYN: Final = (
    (0x30, 0, 0, 13),  # A = flags
    (0x54, 0, 0, 0x12),  # A &= SYN | ACK
    (0x15, 0, 1, 0x02),  # A == SYN?
    (0x06, 0, 0, 0),  # return 0: drop
    (0x06, 0, 0, 0xFFFFFFFF),  # return all of it: pass
)
_INSTRUCTION: Final = struct.Struct("=HBBI")
_PROGRAM: Final = struct.Struct("@HP")  # `struct sock_fprog`: length, address

# sock_diag(7): a dump of the sockets of one state and one local port.
_NETLINK_SOCK_DIAG: Final = 4
_HEADER: Final = struct.Struct("=IHHII")  # `struct nlmsghdr`: length, type, flags, sequence, port
# `struct inet_diag_req_v2`: family, protocol, extensions, states, local port; the rest is any.
_REQUEST: Final = struct.Struct("=BBBxI2s46x")
_SOCK_DIAG_BY_FAMILY: Final = 20
_DUMP: Final = 0x301  # NLM_F_REQUEST | NLM_F_DUMP
_SYN_RECV: Final = 3

# Who is in the middle of a handshake when newcomers are kept out needs one round trip more. A segment that is
# lost is sent again after 1 s (RFC 6298, 2.1); for who needs longer nobody waits.
_HANDSHAKE_S: Final = 1.5


def keep_out(listener: Listener, *, is_stop: bool) -> None:
    """Let nobody new come by a listener of ours, in whatever process it is open; who is in its queue stays.

    TCP: an initial SYN is dropped. The client sends it again after a second, and is then refused by a closed
    port, or let in by whoever listens there next. Unix: the path is taken away, and at a stop the socket
    refuses; not else, for to who polls it, it is then readable without end.
    """
    if listener.address.family != socket.AF_UNIX:
        code = array("B", b"".join(_INSTRUCTION.pack(*one) for one in _DROP_SYN))
        program = _PROGRAM.pack(len(_DROP_SYN), code.buffer_info()[0])
        # A sandbox may not know it: then it is as it is in other servers, and some microseconds matter.
        with contextlib.suppress(OSError):
            listener.socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
        return
    take_path_away(listener)
    if is_stop:
        # unix(7) does not say it: connect(2) fails with ECONNREFUSED, accept(2) goes on until the queue is
        # empty.
        with contextlib.suppress(OSError):
            listener.socket.shutdown(socket.SHUT_RD)


def is_over(
    listener: Listener,
    waited_s: float,
    *,
    is_last: bool,
    is_succeeded: bool,
    let_in: Callable[[Listener], bool],
) -> bool:
    """Let in whom this process has to before it closes its copy of a listener; say whether that is all.

    `let_in` lets in all who are there; False: there is no room for them yet. `waited_s`: since this process
    began to leave. `is_last`: the whole server stops. `is_succeeded`: another one listens there.
    """
    if is_shut(listener):
        # In this order: where nobody is half in, nobody new comes once the queue is empty.
        may_come = waited_s <= _HANDSHAKE_S and has_half_open(listener)
        return let_in(listener) and not may_come
    if is_last and not (listener.passed_as or is_succeeded):
        # What a service manager has, or a successor too, has an heir, for which the rest waits.
        let_in(listener)
    return True


def close_copy(listener: Listener, *, is_last: bool) -> None:
    """Close the copy of this process, in which nobody is left for it; at a stop those of all others too."""
    if is_last and is_shut(listener):
        end(listener)
    listener.socket.close()


def end(listener: Listener) -> None:
    """Close a listener of ours in all processes that have it: an application that forks leaves copies behind.

    Who still waits in a TCP socket's queue is reset.
    """
    with contextlib.suppress(OSError):
        listener.socket.shutdown(socket.SHUT_RD)


def is_shut(listener: Listener) -> bool:
    """Say whether newcomers are kept out; asked of the kernel, since another process may have done it."""
    sock = listener.socket
    if listener.address.family != socket.AF_UNIX:
        return sock.getsockopt(socket.SOL_SOCKET, _SO_GET_FILTER, 8 * len(_DROP_SYN)) != b""
    look = poll()
    look.register(sock, POLLRDHUP)
    return bool(look.poll(0)) or (listener.inode is not None and not is_at_its_path(listener))


def has_half_open(listener: Listener) -> bool:
    """Say whether a handshake is under way, so that somebody may yet come into a queue that is shut.

    Where the kernel does not tell (a sandbox without sock_diag), none is.
    """
    if listener.address.family == socket.AF_UNIX:
        return False
    request = _REQUEST.pack(
        listener.address.family,
        socket.IPPROTO_TCP,
        0,
        1 << _SYN_RECV,
        struct.pack("!H", listener.socket.getsockname()[1]),
    )
    header = _HEADER.pack(_HEADER.size + len(request), _SOCK_DIAG_BY_FAMILY, _DUMP, 0, 0)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as kernel:
            kernel.setblocking(False)
            kernel.send(header + request)
            # It has answered when `send` returns: with a socket, or with the end of the list.
            answer = kernel.recv(4096)
    except OSError:
        return False
    _, kind, *_ = _HEADER.unpack_from(answer)
    return bool(kind == _SOCK_DIAG_BY_FAMILY)
