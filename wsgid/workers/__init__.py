"""The life of a worker process, and the servers that accept connections in it."""
