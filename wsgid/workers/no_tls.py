"""What a client said that does not begin with TLS on a port that speaks it."""


class NoTLSError(OSError):
    """The client speaks something else; `octets` is what it said."""

    def __init__(self, octets: bytes) -> None:
        super().__init__("no TLS")
        self.octets = octets
