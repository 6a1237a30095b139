"""What each request and each application must get, as data: octets, and what must come of them."""
