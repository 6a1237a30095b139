"""Every name of gunicorn's settings, and every flag, is known here: as ours, or with the reason why not."""

from __future__ import annotations

import re
from typing import Any

import pytest
from gunicorn.config import KNOWN_SETTINGS

from wsgid.config.gunicorn_names import COMMANDS, OURS, UNUSED, UNUSED_FLAGS
from wsgid.config.hooks import HOOKS, MAY_BE_LEFT_OUT
from wsgid.config.option_table import OPTIONS
from wsgid.config.options import make_parser, parse_command
from wsgid.config.settings import Settings
from wsgid.errors import UsageError

NAMES = {setting.name for setting in KNOWN_SETTINGS}
BY_NAME = {option.name: option for option in OPTIONS}


def test_every_name_is_ours_or_a_command_or_has_its_reason() -> None:
    """And none stands in two of the lists, or is known here and not there."""
    assert sorted(NAMES) == sorted([*OURS, *COMMANDS, *UNUSED])


@pytest.mark.parametrize("setting", KNOWN_SETTINGS, ids=lambda setting: setting.name)
def test_every_flag_is_taken_or_has_its_reason(setting: Any) -> None:
    for flag in setting.cli or ():
        ours = OURS.get(setting.name)
        if setting.name in COMMANDS:
            assert flag in make_parser().format_help()
        elif ours is None:
            assert UNUSED_FLAGS[flag] == setting.name
            with pytest.raises(UsageError, match=re.escape(UNUSED[setting.name])):
                parse_command([flag])
        else:
            given = () if setting.action in ("store_true", "store_const") else ("1",)
            (argument,) = parse_command([flag, *given]).arguments
            assert (ours, *(given or ("false" if setting.const is False else "true",))) == (
                argument.name,
                argument.text,
            )


@pytest.mark.parametrize("flag", ["--proxy-protocol"])
def test_a_flag_whose_value_may_be_left_out_in_gunicorn_means_the_same(flag: str) -> None:
    (setting,) = [setting for setting in KNOWN_SETTINGS if flag in (setting.cli or ())]
    (argument,) = parse_command([flag]).arguments

    assert setting.const == argument.text


# Where gunicorn's default would be another value here; CONFIG says which.
DIFFERENT = {
    "keepalive": 75.0,  # above the 60 s of common load balancers
    "limit_request_line": 8190,
    "umask": None,  # what the unit or the shell has set
    "user": None,
    "group": None,
    "chdir": None,
    "control_socket": None,
    "sendfile": True,
    "proc_name": "",
    "pythonpath": (),
}


@pytest.mark.parametrize(
    "setting",
    [setting for setting in KNOWN_SETTINGS if setting.name in OURS and setting.name not in HOOKS],
    ids=lambda setting: setting.name,
)
def test_defaults_are_gunicorns_but_for_a_few(setting: Any) -> None:
    field = Settings.model_fields[OURS[setting.name]]
    ours = field.get_default(call_default_factory=True)
    if setting.name in DIFFERENT:
        assert DIFFERENT[setting.name] == ours != setting().get()
        return
    theirs = setting().get()
    kind = BY_NAME[OURS[setting.name]].kind
    if kind == "list":
        theirs = tuple(theirs)
    elif kind == "map":
        theirs = dict(theirs)
    elif setting.name == "cert_reqs":
        theirs = ("none", "optional", "required")[theirs]

    assert theirs == ours


def test_hooks_are_called_with_as_many_arguments_as_gunicorn_gives() -> None:
    for setting in KNOWN_SETTINGS:
        if setting.name in HOOKS:
            theirs = setting.default.__code__.co_argcount
            assert theirs == len(HOOKS[setting.name]), setting.name
    assert set(MAY_BE_LEFT_OUT) <= set(HOOKS)
