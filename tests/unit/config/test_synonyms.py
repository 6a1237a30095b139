"""The names of other servers lead to settings, and are none themselves."""

from __future__ import annotations

from wsgid.config.check import suggestion
from wsgid.config.layers import BY_NAME, find_option
from wsgid.config.synonyms import SYNONYMS


def test_they_lead_to_settings_and_are_none() -> None:
    assert set(SYNONYMS.values()) <= set(BY_NAME)
    assert not [name for name in SYNONYMS if find_option(name)]


def test_they_are_suggested_in_any_spelling() -> None:
    assert "did you mean `limit_request_body`?" == suggestion("Client-Max-Body-Size")
    assert "did you mean `bind`?" == suggestion("port")
