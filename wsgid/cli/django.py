"""The command `wsgid-django`: `wsgid` for a Django project, which it looks for."""

import sys

from wsgid.cli.main import main_as


def main() -> int:
    """Serve the project that the command line names, or that of the start directory."""
    return main_as("wsgid-django")


if __name__ == "__main__":
    sys.exit(main())
