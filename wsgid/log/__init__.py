"""The two logs: what the server tells, and what was asked of it."""
