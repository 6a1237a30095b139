"""`python -m wsgid` is the command `wsgid`."""

import sys

from wsgid.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
