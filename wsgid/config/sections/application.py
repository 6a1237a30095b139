"""What is served, and in which surroundings it is loaded."""

from typing import Annotated

from pydantic import Field

from wsgid.config import types as t
from wsgid.config.about import About
from wsgid.config.sections.section import Section


class Application(Section):
    """What is served."""

    app: Annotated[
        t.AppSpec,
        About(
            "workers",
            "the application: module:variable, or module:factory('x', n=1)",
            metavar="APP_MODULE",
            aliases=("wsgi_app",),
            is_gunicorn=False,
        ),
    ] = None
    chdir: Annotated[
        t.PathOrNone,
        About(
            "workers",
            "directory to enter, and to put on sys.path, before the application is loaded",
            ("--chdir",),
            "DIR",
            default_words="the start directory",
        ),
    ] = None
    pythonpath: Annotated[
        t.Paths,
        About("workers", "directories to put on sys.path", ("--pythonpath",), "DIR[,DIR]"),
    ] = ()
    virtualenv: Annotated[
        t.PathOrNone,
        About(
            "restart",
            "virtual environment whose Python runs the server",
            ("--virtualenv",),
            "DIR",
            is_gunicorn=False,
        ),
    ] = None
    env: Annotated[
        t.Environment,
        About(
            "workers",
            "a variable for the environment of the application; may be repeated",
            ("-e", "--env"),
            "NAME=VALUE",
            aliases=("raw_env",),
            is_gunicorn=False,
            is_secret=True,  # passwords of databases, keys that sign sessions
        ),
    ] = Field(default_factory=dict, repr=False)
    preload_app: Annotated[
        t.Flag,
        About(
            "workers",
            "load the application once a generation, in a process that workers are forked from",
            ("--preload",),
        ),
    ] = False
    django: Annotated[
        t.TextOrNone,
        About(
            "workers",
            "Django project to serve: its settings module, its settings.py, or the directory that has it",
            ("--django",),
            "SETTINGS_PATH",
            is_gunicorn=False,
        ),
    ] = None
    paste: Annotated[
        t.TextOrNone,
        About(
            "workers",
            "PasteDeploy configuration that names the application",
            ("--paste",),
            "FILE[#NAME]",
            old_flags=("--paster",),
        ),
    ] = None
    paste_global: Annotated[
        t.PasteGlobals,
        About(
            "workers",
            "a variable for the PasteDeploy configuration; may be repeated",
            ("--paste-global",),
            "NAME=VALUE",
            aliases=("raw_paste_global_conf",),
            is_gunicorn=False,
        ),
    ] = Field(default_factory=dict)
