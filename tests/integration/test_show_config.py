"""The commands that print: what is in force, where from, and what a file may say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import tomli

from tests.integration.checking import Project, project
from tests.rows import again
from tests.template import start_template
from wsgid.config.example import example
from wsgid.config.schema import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.template import Template

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    with start_template() as started:
        yield started


@pytest.fixture
def site(template: Template) -> Iterator[Project]:
    with project(template) as made:
        made.write("wsgid.toml", 'app = "site_"\nworkers = 2\n\n[env]\nPASSWORD = "hunter2"\n').chmod(0o600)
        yield made


def test_what_is_in_force_is_shown_without_an_application_at_hand(site: Project) -> None:
    done = site.ask("--show-config", "-w", "4", env={"WSGID_THREADS": "3"})
    document = tomli.loads(done.out)

    assert (0, "") == (done.status, done.error)
    assert ("site_", 4, 3) == (document["app"], document["workers"], document["threads"])
    assert "hunter2" not in done.out
    assert "wsgid.toml:1:7" in done.out
    assert done.out == site.ask("--print-config", "-w", "4", env={"WSGID_THREADS": "3"}).out


def test_json_goes_to_standard_output_alone(site: Project) -> None:
    site.write("wsgid.conf.py", "print('hello')\nworkers = 3\n")
    done = site.run("--show-config", "--json", "-c", "wsgid.conf.py", env={"WSGID_WOKERS": "1"})

    assert 3 == json.loads(done.out)["settings"]["workers"]["value"]
    assert "hello\n" in done.error
    assert "warning[unknown-setting]" in done.error


def test_a_broken_file_has_nothing_in_force(site: Project) -> None:
    site.write("wsgid.toml", "workers = 0\n")

    for command in (["--show-config"], ["--explain", "workers"]):
        done = site.ask(*command)
        assert (78, "") == (done.status, done.out)
        assert "error[out-of-range]: invalid value for `workers`" in done.error


def test_a_setting_is_explained(site: Project) -> None:
    done = site.ask("--explain", "workers", env={"WSGID_WORKERS": "8"})

    assert 0 == done.status
    assert done.out.startswith("workers = 8\n")
    assert [["wsgid.toml:2:11", "2", "shadowed"]] == [
        line.split() for line in done.out.splitlines() if "wsgid.toml" in line
    ]


def test_a_setting_that_is_none_is_a_usage_error(site: Project) -> None:
    done = site.ask("--explain", "wokers")

    assert (2, "") == (done.status, done.out)
    assert "wsgid: there is no setting `wokers`, did you mean `workers`?\n" == done.error


def test_schema_and_example_are_printed(site: Project) -> None:
    assert schema() == json.loads(site.ask("--print-schema").out)
    assert example() == site.ask("--init").out


def test_nothing_is_written_into_a_project_that_is_looked_at(site: Project) -> None:
    site.write("wsgid.conf.py", "import helper\nworkers = helper.N\n")
    site.write("helper.py", "N = 3\n")
    before = site.inventory()
    for command in (["--show-config"], ["--explain", "workers"], ["--check-config", "--no-app"]):
        assert 0 == site.run(*command, "-c", "wsgid.conf.py").status

    assert before == site.inventory()


def test_an_output_that_nobody_reads_is_no_traceback(site: Project) -> None:
    assert "Traceback" not in site.shell("--show-config | true").error


def test_an_output_that_is_full_is_told(site: Project) -> None:
    done = site.shell("--print-schema >/dev/full")

    told = "wsgid: what was asked for cannot be printed: No space left on device\n"
    assert (1, told) == (done.status, done.error)


@pytest.mark.parametrize("closed", [again("<&-"), again(">&-"), again("2>&-"), "<&- >&- 2>&-"])
def test_closed_descriptors_are_no_traceback(site: Project, closed: str) -> None:
    for command in ("--help", "--show-config", "--check-config --no-app"):
        done = site.shell(f"{command} {closed}")

        assert (0, "") == (done.status, done.error)
