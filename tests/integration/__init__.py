"""Real processes; one file a promise."""
