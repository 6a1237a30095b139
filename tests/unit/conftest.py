"""What all unit tests share."""

import os

from hypothesis import settings

# With how many inputs each property is tried. Others at each run: those of a day are thousands.
EXAMPLES = "HYPOTHESIS_EXAMPLES"

# How long an example takes says something of the machine, and of what else runs on it.
settings.register_profile("house", deadline=None, max_examples=int(os.environ.get(EXAMPLES, "25")))
settings.load_profile("house")
