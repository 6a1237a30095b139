"""The command `wsgidctl`: ask a running server by its control socket, and say what came of it.

It imports nothing of the server's: a reload is to be asked for in milliseconds.
"""

from __future__ import annotations

import argparse
import json
import re
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from wsgid import __version__
from wsgid.cli.interrupt import let_interrupts_end_us
from wsgid.cli.output import NobodyReadsError, put
from wsgid.errors import AddressError, ExitCode, UsageError, WsgidError
from wsgid.metrics.memory import private_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

USAGE = "wsgidctl (--instance NAME | -s SOCKET | --pid-file FILE) COMMAND"
DESCRIPTION = "Asks a running server, and waits for what comes of it."
EPILOG = (
    "Exit status: 0 done, 1 refused, 2 usage, 69 nobody there. The socket is the setting control_socket; "
    "under systemd it is control in the runtime directory of the unit."
)
COMMANDS = {
    "status": "what is served, by whom, for how long",
    "reload": "read the configuration again; wait until only new workers answer, or say why it was refused",
    "stop": "stop gracefully; with --quick at once",
    "workers": "+N, -N or =N: change the number of workers until the next reload",
    "stacks": "what every thread of every worker is doing now",
    "upgrade": "start a successor of the running program; wait until it serves, or say why it does not",
}
JSON = "print what the server answers, as it is"

# Where wsgid@.service has its directory: RuntimeDirectory=wsgid/%i.
RUN = "/run/wsgid"

# Anything but a reload is answered at once; a server that does not is stuck.
_PATIENCE_S = 10.0
# What is given all the time that it takes.
_LONG = frozenset({"reload", "upgrade"})


def main(argv: Sequence[str] | None = None) -> int:
    """Ask, print, and return the exit status; `argv` is without the command's name."""
    try:
        return _run(_parser().parse_args(sys.argv[1:] if argv is None else argv))
    except NobodyReadsError as error:
        return error.exit_code
    except WsgidError as error:
        print(f"wsgidctl: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        let_interrupts_end_us()
        return ExitCode.INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="wsgidctl", usage=USAGE, description=DESCRIPTION, epilog=EPILOG, allow_abbrev=False)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--instance", metavar="NAME", help=f"an instance of wsgid@.service: {RUN}/NAME/control"
    )
    where.add_argument("-s", "--socket", metavar="SOCKET", help="the control socket")
    where.add_argument("--pid-file", metavar="FILE", help="the server's pidfile, beside which the socket is")
    parser.add_argument("--json", action="store_true", help=JSON)
    parser.add_argument("-v", "--version", action="version", version=f"wsgidctl {__version__}")
    before = USAGE.removesuffix(" COMMAND")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, prog=before)
    for name, words in COMMANDS.items():
        command = commands.add_parser(name, help=words, description=words, allow_abbrev=False)
        # Behind the command, too; without a default, which would take back what stands before it.
        command.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=JSON)
        if name == "stop":
            command.add_argument("--quick", action="store_true", help="end requests that are under way")
        if name == "workers":
            command.add_argument("change", metavar="+N|-N|=N", type=_change)
    return parser


class _Parser(argparse.ArgumentParser):
    """argparse's, but it does not exit."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}\n`wsgidctl --help` lists the commands.")


def _change(text: str) -> str:
    if not re.fullmatch(r"[-+=]\d{1,5}", text):
        raise argparse.ArgumentTypeError(f"`{text}`: write +1, -1 or =4")
    return text


def _run(given: argparse.Namespace) -> int:
    line = given.command
    if given.command == "stop" and given.quick:
        line = "stop quick"
    elif given.command == "workers":
        line = f"workers {given.change}"
    answer = ask(_path(given), line, None if given.command in _LONG else _PATIENCE_S)
    if given.json:
        put(json.dumps(answer, indent=2) + "\n")
    elif answer.get("ok"):
        put(_SHOW[given.command](answer))
    else:
        lines = [*answer.get("mistakes", ()), str(answer.get("reason", ""))]
        print("\n".join(lines), file=sys.stderr)
    return ExitCode.OK if answer.get("ok") else ExitCode.FAILURE


def _path(given: argparse.Namespace) -> Path:
    if given.socket:
        return Path(given.socket)
    if given.pid_file:
        return Path(f"{given.pid_file}.control")
    if "/" in given.instance or given.instance.startswith("."):
        raise UsageError(f"`{given.instance}` is not the name of an instance")
    return Path(RUN, given.instance, "control")


def ask(path: Path, line: str, timeout_s: float | None) -> dict[str, Any]:
    """Say a line to the server, and return what it answers. Raises AddressError: nobody answers there."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(timeout_s)
        try:
            sock.connect(str(path))
            sock.sendall(f"{line}\n".encode())
            with sock.makefile("rb") as stream:
                octets = stream.readline()
            answer = json.loads(octets)
        except TimeoutError as error:
            raise AddressError(f"the server at {path} has not answered within {timeout_s:g} s") from error
        except PermissionError as error:
            raise AddressError(
                f"not allowed to connect to {path}: it is for the user alone that started the server"
            ) from error
        except OSError as error:
            raise AddressError(
                f"nobody answers at {path}: {error.strerror or error}; does the server run, and is this its"
                " control_socket?"
            ) from error
        except ValueError as error:
            raise AddressError(f"the server at {path} has gone before it answered") from error
    if not isinstance(answer, dict):
        raise AddressError(f"what answers at {path} is not wsgid")
    return answer


# What a person reads


def _show_status(answer: dict[str, Any]) -> str:
    status = answer["status"]
    workers = status["workers"]
    numbers = f"{status['requests']} requests"
    if "failed" in status:  # a server of an earlier version may be asked
        numbers += f", {status['failed']} failed"
    lines = [
        "wsgid {version} pid {pid}, {phase}, generation {generation}".format(**status),
        f"{len(workers)} workers ({status['wanted']} wanted), {status['busy']} busy, {numbers}",
        *(f"listening at {address}" for address in status["listeners"]),
        *(
            f"{role} pid {status[role]} is there, too"
            for role in ("predecessor", "successor")
            if status.get(role) is not None  # its version may not tell
        ),
    ]
    if workers:
        rows = [_HEAD, *map(_row, workers)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines.append("")
        for row, worker in zip(rows, [None, *workers], strict=True):
            lines.append(
                "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            )
            lines += [f"    {_words(call)}" for call in (worker["serving"] if worker else ())]
    lines += map(_template, status["templates"])
    return "\n".join(lines) + "\n"


_HEAD = ("PID", "SLOT", "GENERATION", "STATE", "AGE", "CONNECTIONS", "REQUESTS", "MEMORY")


def _row(worker: dict[str, Any]) -> tuple[str, ...]:
    return (
        str(worker["pid"]),
        str(worker["slot"]),
        str(worker["generation"]),
        worker["state"],
        _duration(worker["age_s"]),
        str(worker["connections"]),
        str(worker["requests"]),
        _memory(worker["pid"]),
    )


def _template(template: dict[str, Any]) -> str:
    return "template pid {pid}, generation {generation}, {state}, {}, {}".format(
        _duration(template["age_s"]), _memory(template["pid"]), **template
    )


def _memory(pid: int) -> str:
    memory = private_memory(pid)
    return "?" if memory is None else f"{memory / 2**20:.1f}M"


def _words(call: dict[str, Any]) -> str:
    waits = ", waits for its client" if call["is_waiting_for_client"] else ""
    return f"{call['method']} {call['target']} from {call['peer']} for {_duration(call['for_s'])}{waits}"


def _duration(seconds: float) -> str:
    if seconds < 60:  # noqa: PLR2004  a minute
        return f"{seconds:.1f}s"
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"{days}d{hours}h" if days else f"{hours}h{minutes}m" if hours else f"{minutes}m{seconds}s"


def _show_stacks(answer: dict[str, Any]) -> str:
    return "\n".join(
        f"worker pid {pid}\n{text or '(it has written nothing)' + chr(10)}"
        for pid, text in answer["stacks"].items()
    )


_SHOW: dict[str, Callable[[dict[str, Any]], str]] = {
    "status": _show_status,
    "stacks": _show_stacks,
    "reload": lambda answer: f"generation {answer['generation']} serves\n",
    "stop": lambda _: "the server stops\n",
    "workers": lambda answer: f"{answer['workers']} workers wanted\n",
    "upgrade": lambda answer: (
        f"pid {answer['successor']} serves, and this server {'leaves' if answer['leaves'] else 'too'}\n"
    ),
}

if __name__ == "__main__":
    sys.exit(main())
