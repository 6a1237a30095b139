"""Applications to serve: what the tests and the demonstration put behind the server."""
