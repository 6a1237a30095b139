"""Invented input for what reads octets; `make fuzz` does it for ten minutes, a test run for some seconds."""
