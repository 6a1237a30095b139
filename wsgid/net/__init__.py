"""Addresses, and the sockets that listen at them."""
