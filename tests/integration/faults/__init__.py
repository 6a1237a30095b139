"""What can go wrong around a server: each fault is made, and what comes of requests and processes is held."""
