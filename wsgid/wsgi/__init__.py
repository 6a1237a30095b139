"""From a request to the application and back (PEP 3333)."""
