"""--check-config: everything that can be known before serving, as the user that will serve."""
