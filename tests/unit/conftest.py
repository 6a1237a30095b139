"""What all unit tests share."""

from hypothesis import settings

# How long an example takes says something of the machine, and of what else runs on it.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
