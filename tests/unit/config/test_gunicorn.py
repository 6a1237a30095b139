"""What gunicorn's own files may contain: pinned to gunicorn itself where it knows."""

from __future__ import annotations

import gunicorn.config
import pytest

from wsgid.config.gunicorn import LISTS, NUMBERS, kind_of_class, number
from wsgid.config.gunicorn_names import OURS, UNUSED
from wsgid.config.layers import find_option


def validators() -> dict[str, str]:
    return {name: setting.validator.__name__ for name, setting in gunicorn.config.make_settings().items()}


def test_what_gunicorn_reads_as_a_number_is_read_so() -> None:
    numbers = {name for name, validator in validators().items() if validator == "validate_pos_int"}

    assert numbers - UNUSED.keys() == NUMBERS


def test_what_gunicorn_takes_one_text_for_is_a_list_of_one() -> None:
    """But `bind`: a comma is in no address, and PasteDeploy's users write several so."""
    lists = {
        name
        for name, validator in validators().items()
        if validator in ("validate_list_string", "validate_list_of_files_or_patterns")
    }

    assert lists - UNUSED.keys() == LISTS | {"bind"}


def test_what_gunicorn_splits_at_commas_is_a_list_here() -> None:
    split = {
        name
        for name, validator in validators().items()
        if validator in ("validate_string_to_list", "validate_string_to_addr_list")
    }

    for name in (split | {"pythonpath"}) - UNUSED.keys():
        option = find_option(OURS[name])
        assert option is not None
        assert option.kind == "list"


@pytest.mark.parametrize(("text", "value"), [("4", 4), ("0x10", 16), ("0o22", 18), ("022", "022"), ("", "")])
def test_a_number_in_a_text_is_read_as_python_would(text: str, value: object) -> None:
    assert value == number(text)


@pytest.mark.parametrize(
    ("module", "name", "kind"),
    [
        ("uvicorn.workers", "UvicornH11Worker", "asgi"),
        ("uvicorn_worker", "UvicornWorker", "asgi"),
        ("gunicorn.workers.ggevent", "GeventWorker", "gevent"),
        ("gunicorn.workers.gthread", "ThreadWorker", "gthread"),
        ("gunicorn.workers.sync", "SyncWorker", "sync"),
    ],
)
def test_a_class_stands_for_a_kind(module: str, name: str, kind: str) -> None:
    known = type(name, (), {"__module__": module})
    made_from_it = type("Mine", (known,), {"__module__": "shop"})

    assert kind == kind_of_class(known)
    with pytest.raises(
        ValueError, match=f'`Mine` is a class for gunicorn, made from its own: write "{kind}"$'
    ):
        kind_of_class(made_from_it)


def test_a_class_of_another_server_is_refused_with_what_to_use() -> None:
    module = "geventwebsocket.gunicorn.workers"
    base = type("GeventWorker", (), {"__module__": "gunicorn.workers.ggevent"})
    with pytest.raises(ValueError, match="simple-websocket"):
        kind_of_class(type("GeventWebSocketWorker", (base,), {"__module__": module}))
    with pytest.raises(ValueError, match='`Own` is a class: write a name, or "module:Class"'):
        kind_of_class(type("Own", (), {"__module__": "shop"}))
