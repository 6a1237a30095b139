"""Load with a conscience: keeps connections busy and accounts for every single request."""
