"""What an application hears from `write`, or while it is iterated over, of a client that has left."""


class ClientGone(ConnectionError):  # noqa: N818 - an event, and nobody's error
    """The client does not take the response any more: it left, or took nothing for `send_timeout`."""
