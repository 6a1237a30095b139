"""Compile the modules that a request goes through, by mypyc: `compile.py DIRECTORY`.

What is made lies in DIRECTORY as it belongs beside the sources: `wsgid/protocol/http1.cpython-311-*.so`. The
sources stay what they are, and stay there too: CPython takes the compiled module where there is one.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What each request goes through, or each connection. Left out is what would gain nothing, what an application
# may derive from or write to (file_wrapper.py), and what derives from one of C's types, as an OSError does.
HOT = (
    "metrics/scoreboard.py",
    "net/accepting.py",
    "protocol/fields.py",
    "protocol/forwarded.py",
    "protocol/http1.py",
    "protocol/proxy.py",
    "protocol/refusal.py",
    "protocol/response.py",
    "protocol/target.py",
    "workers/acceptor.py",
    "workers/connection.py",
    "workers/deadlines.py",
    "workers/ending.py",
    "workers/handshakes.py",
    "workers/leaving.py",
    "workers/maker.py",
    "workers/peers.py",
    "workers/poller.py",
    "workers/room.py",
    "workers/secure.py",
    "workers/standby.py",
    "workers/streaming.py",
    "workers/threads.py",
    "wsgi/body.py",
    "wsgi/environ.py",
    "wsgi/exchange.py",
)

# All of them are in one library, that they call each other as functions of C do: wsgid/hot__mypyc.*.so.
LIBRARY = "wsgid.hot"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, help="where to put what is made")
    directory = parser.parse_args().directory.resolve()
    if (problem := what_is_missing()) is not None:
        print(f"wsgid cannot be compiled: {problem}", file=sys.stderr)
        print("Without COMPILE_WSGID it needs none of that, and does the same.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="wsgid-compile-") as scratch:
        # In a copy: mypyc and setuptools read the configuration of where they run, and write there.
        others = shutil.ignore_patterns("__pycache__", "*.so")
        shutil.copytree(ROOT / "wsgid", Path(scratch, "wsgid"), ignore=others)
        os.chdir(scratch)
        compile_into(directory)
    return 0


def what_is_missing() -> str | None:
    """Say what is not on this machine, and what to install."""
    if sys.implementation.name != "cpython":
        return f"mypyc is for CPython, and this is {sys.implementation.name}"
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        return f"there is no C compiler ({compiler}): apt install gcc libc6-dev"
    header = Path(sysconfig.get_path("include"), "Python.h")
    if not header.exists():
        return f"there is no {header}: apt install python3-dev, or the headers of {sys.executable}"
    try:
        import mypyc.build  # noqa: F401, PLC0415  only now: it may not be there
    except ImportError as error:
        return f"there is no mypyc ({error}): pip install --group compiled"
    return None


def compile_into(directory: Path) -> None:
    """Compile what lies in the current directory; mypyc ends the process where it finds a mistake."""
    from mypyc.build import mypycify  # noqa: PLC0415  it has been looked for before
    from setuptools import setup  # noqa: PLC0415  the same

    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    Path("mypy.ini").write_text(
        "[mypy]\n"
        f"python_version = {version}\n"
        "explicit_package_bases = True\n"
        # `make types` has looked at all of it. What is imported need not even be there.
        "follow_imports = silent\n"
        "ignore_missing_imports = True\n"
    )
    modules = mypycify(
        ["--config-file=mypy.ini", *(f"wsgid/{name}" for name in HOT)],
        opt_level=os.environ.get("MYPYC_OPT_LEVEL", "3"),
        debug_level="0",
        group_name=LIBRARY,
    )
    setup(
        name="wsgid-hot",
        packages=[],
        py_modules=[],
        ext_modules=modules,
        script_args=["--quiet", "build_ext", "--build-lib", str(directory), "--build-temp", "build"],
    )


if __name__ == "__main__":
    sys.exit(main())
