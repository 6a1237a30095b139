"""The configurations in etc/wsgid can be copied as they are: the checker finds nothing wrong with them."""

import re
from pathlib import Path

import pytest

from wsgid.config.load import Loaded, load
from wsgid.config.settings import Settings

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path for path in (ROOT / "etc" / "wsgid").iterdir() if path.is_file())

# A line that somebody may take the comment sign away from: `# name = value`, `# name: value`.
COMMENTED = re.compile(r"^# (\w+)( = |: )(.*)$", re.MULTILINE)


def checked(path: Path, text: str | None = None) -> Loaded:
    """As `wsgid --check-config --no-app -c FILE` reads it."""
    if text is not None:
        path.write_text(text, encoding="utf-8")
    return load(["--check-config", "--no-app", "-c", str(path)], {}, str(ROOT))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_right(example: Path) -> None:
    loaded = checked(example)

    assert loaded.settings.app is not None
    assert [] == [str(warning) for warning in loaded.warnings]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_what_an_example_leaves_commented_out_is_right_too(example: Path, tmp_path: Path) -> None:
    """Each commented setting, taken in the place of the one above it, is read without a mistake."""
    text = example.read_text(encoding="utf-8")
    for found in COMMENTED.finditer(text):
        name, value = found[1], found[3]
        if name in Settings.model_fields and example.suffix == ".toml":
            loaded = checked(tmp_path / "one.toml", f"{name} = {value}\n")

            assert name in loaded.history


def test_the_examples_are_those_that_the_documents_promise() -> None:
    names = {path.name for path in EXAMPLES}

    assert {
        "minimal.toml",
        "django-behind-nginx.toml",
        "flask-threads.toml",
        "gevent.toml",
        "asgi.toml",
        "https.toml",
        "flask.yaml",
        "computed.py",
        "demo.toml",
    } == names


def test_no_two_examples_can_be_one_instance() -> None:
    """Whoever copies all of them to /etc/wsgid must not find two files for one name."""
    assert len({path.stem for path in EXAMPLES}) == len(EXAMPLES)
