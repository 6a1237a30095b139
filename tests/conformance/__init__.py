"""HTTP.md as data: octets, and what must come of them."""
