"""Settings flow down once: from files, environment and command line into one frozen value."""
