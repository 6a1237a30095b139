"""The command `wsgid-paster`: `wsgid` for what a PasteDeploy configuration names."""

import sys

from wsgid.cli.main import main_as


def main() -> int:
    """Serve the application that the ini file names, as its section of the server says."""
    return main_as("wsgid-paster")


if __name__ == "__main__":
    sys.exit(main())
