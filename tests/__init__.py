"""Unit, conformance, integration; `support.py` starts the server under test, `wire.py` reads its answers."""
