"""Where our cgroups are, and the words of a file in them (cgroups(7), versions 1 and 2)."""

from __future__ import annotations

from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")


def cgroups(root: Path = ROOT, own: Path = OWN) -> list[Path]:
    """Return the directories of our cgroups and of all above them: each of them may set a limit.

    cgroups(7): "0::/path" in version 2, "7:cpu,cpuacct:/path" in version 1. In a container the path may
    be the host's, and what is ours is at the root.
    """
    directories = []
    for line in _text(own).splitlines():
        _, controllers, path = line.split(":", 2)
        base = root / controllers if controllers else root
        inside = base / path.lstrip("/")
        directories += [base, *(parent for parent in (inside, *inside.parents) if base in parent.parents)]
    return directories


def words_of(path: Path) -> list[str]:
    """Return the words of a file; none where it cannot be read."""
    return _text(path).split()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""
