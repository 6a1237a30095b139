"""Whatever is wrong in a file, and wherever: what it says of the mistakes has no secret in it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsgid.config.diagnostics import Mistakes
from wsgid.config.load import load
from wsgid.errors import UsageError

pytestmark = pytest.mark.slow

SECRET = "hunter2"

TOML = [
    'keyfile_password = "hunter2"',
    "keyfile_password = 'hunter2' # hunter2",
    'keyfile_password = """\nhunter2"""',
    "keyfile_password = hunter2",
    'keyfile_password = "hunter2',
    'keyfile_password = ["hunter2"]',
    'keyfile_password = { credential = "hunter2", file = 1 }',
    'keyfile_pasword = "hunter2"',
    'env = { A = "hunter2", B = 1 }',
    'env = { A = "hunter2",\n  B = hunter2 }',
    'env.A = "hunter2"',
    "env.A = hunter2",
    'raw_env = ["A=hunter2", 3]',
    'raw_env = [\n  "A=hunter2", 3,\n  hunter2]',
    'raw_env = ["hunter2"]',
    '[env]\nA = "hunter2"',
    '[env]\nA = "hunter2"\nB = 3 # hunter2',
    '[env]\nA = """\nhunter2"""\nB = 3',
    '[env]\nA = """hunter2',
    "[env]\nA = hunter2\nworkers = 4",
    "[env]\ntimeout = hunter2",
    '[env]\nA = ["hunter2"]',
    '[env.A]\nfile = "hunter2"\nB = "hunter2"',
]
YAML = [
    "keyfile_password: hunter2",
    "keyfile_password: [hunter2]",
    "keyfile_password: {hunter2: 1}",
    "keyfile_password: @hunter2",
    "keyfile_password: 'hunter2",
    "keyfile_password: |\n  hunter2",
    "keyfile_pasword: hunter2",
    "env:\n  A: hunter2\n  B: [hunter2]",
    "env: {A: hunter2, B: 1}",
    "env:\n  A: hunter2\n B: hunter2",
    "env:\n  A: 'hunter2\n  B: 1",
    "env:\n  A: |\n    hunter2\n  B: @hunter2",
    "env:\n  A: hunter2\n  A: hunter2",
    "raw_env:\n- A=hunter2\n- 3",
    "raw_env:\n- hunter2",
    "raw_env: [A=hunter2, *hunter2]",
]
PYTHON = [
    "keyfile_password = 'hunter2'",
    "keyfile_password = ('hunter2', 1)",
    "keyfile_password = 'hunter2",
    "keyfile_password = hunter2",
    "keyfile_password = 'hunter2' + 1",
    "keyfile_password = int('hunter2')",
    "keyfile_pasword = 'hunter2'",
    "workers = 0; keyfile_password = 'hunter2'; threads = 0",
    "env = {'A': 'hunter2', 'B': 1}",
    "env = {\n    'A': 'hunter2', 'B': 1,\n    'C': hunter2}",
    "env = dict(A='hunter2', B=2)",
    "env = {'A': 'hunter2' 'B': 1}",
    "raw_env = ['A=hunter2', 3]",
    "raw_env = ['hunter2']",
    "raw_env = ['A=hunter2',\n    'B=hunter2]",
]
# What has nothing to do with it, right and wrong.
BESIDE = {
    "toml": [
        "workers = 2",
        'workers = "x"',
        "tiemout = 3",
        "workers: 4",
        "reload = True",
        "bind = :80",
        "umask = 22",
    ],
    "yaml": ["workers: 2", "workers: x", "tiemout: 3", "workers = 4", " bind: x", "bind: @x", "umask: 22"],
    "py": ["workers = 2", "workers = 'x'", "tiemout = 3", "workers: 4", "import nowhere", "1 / 0", "x = ("],
}


def told(files: dict[str, str], argv: list[str], environ: dict[str, str]) -> str:
    """Return all that is told of these, in all forms."""
    with tempfile.TemporaryDirectory() as directory:
        for name, text in files.items():
            Path(directory, name).write_text(text, encoding="utf-8")
        try:
            found = load(["--check-config", *argv], environ, directory).warnings
        except Mistakes as error:
            found = error.diagnostics
        except UsageError as error:
            return str(error)
    return "\n".join(f"{one}\n{one.concise()}\n{json.dumps(one.to_json())}" for one in found)


@pytest.mark.parametrize(
    ("name", "secrets"),
    [("wsgid.toml", TOML), ("wsgid.yaml", YAML), ("wsgid.conf.py", PYTHON), ("gunicorn.conf.py", PYTHON)],
)
def test_of_a_file(name: str, secrets: list[str]) -> None:
    lines = st.sampled_from(secrets) | st.sampled_from(BESIDE[name.rpartition(".")[2]])

    @given(text=st.lists(lines, max_size=4).map("\n".join))
    def look(text: str) -> None:
        assert SECRET not in told({name: text}, [], {})

    look()
    for secret in secrets:
        assert SECRET not in told({name: secret}, [], {})


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["-e", "--env"]), st.sampled_from(["A=hunter2", "hunter2", "'B=hunter2 x'"])
        )
        | st.sampled_from([("-w", "x"), ("-b", ":http"), ("-n", "a")]),
        max_size=5,
    )
)
def test_of_arguments(pairs: list[tuple[str, str]]) -> None:
    argv = [word for pair in pairs for word in pair]

    assert SECRET not in told({}, argv, {})
    assert SECRET not in told({}, [], {"WSGID_CMD_ARGS": " ".join(argv)})


@pytest.mark.parametrize("text", ["hunter2", "A=hunter2,hunter2", "=hunter2", "A=1,hunter2,B=hunter2"])
@pytest.mark.parametrize(
    "variable", ["WSGID_ENV", "WSGID_RAW_ENV", "WSGID_KEYFILE_PASSWORD", "WSGID_KEYFILE_PASWORD"]
)
def test_of_variables(variable: str, text: str) -> None:
    assert SECRET not in told({}, [], {variable: text})
