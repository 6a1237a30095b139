"""Which name means which server; a class that is none says so before it serves."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from wsgid.errors import ApplicationError
from wsgid.workers.server import KINDS, find_server
from wsgid.workers.threads import ThreadServer

if TYPE_CHECKING:
    from pathlib import Path

OWN = """
class Own:
    def __init__(self, context): ...
    def serve(self): ...

class Half:
    def __init__(self, context): ...
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of somebody's own."""
    (tmp_path / "own_servers.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "own_servers", raising=False)
    return "own_servers"


@pytest.mark.parametrize("kind", ["sync", "gthread"])
def test_both_kinds_with_threads_are_one_server(kind: str) -> None:
    assert ThreadServer is find_server(kind)


def test_class_of_ones_own_is_found(own: str) -> None:
    found = find_server(f"{own}:Own")

    assert (own, "Own") == (found.__module__, found.__name__)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Half", "has no method `serve`; a worker class has two"),
        ("Owm", "there is no `Owm` in `own_servers`"),
    ],
)
def test_class_that_is_no_server_is_refused_with_what_to_do(own: str, name: str, message: str) -> None:
    with pytest.raises(ApplicationError, match=f"^worker class `{own}:{name}`:") as caught:
        find_server(f"{own}:{name}")

    assert message in str(caught.value)


def test_every_kind_has_a_module_of_its_own_name_or_threads() -> None:
    """`wsgid.workers.gevent` is where a reader looks for gevent."""
    names = {kind: known.module.rpartition(".")[2] for kind, known in KINDS.items()}

    assert {kind: name for kind, name in names.items() if name not in (kind, "threads")} == {}
