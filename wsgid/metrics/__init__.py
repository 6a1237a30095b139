"""Numbers that outlive a request: what workers do, counted where others can read it."""
