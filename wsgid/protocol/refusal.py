"""What is answered to a request that never reaches the application.

A refusal ends its connection: after octets that were not understood nothing that follows can be trusted.
"""


class Refusal(Exception):  # noqa: N818 - it is an answer, not an error of ours
    """A status for the client, and for the error log what was wrong.

    `detail` may quote the client; whoever writes it to a log escapes it. The client is never shown it, but
    may be given a `hint`.
    """

    def __init__(self, status: int, reason: str, detail: str = "", hint: str = "") -> None:
        """Keep the parts of the answer; `detail` goes to the log alone."""
        super().__init__(status, reason, detail)
        self.status = status
        self.reason = reason
        self.detail = detail
        self.hint = hint


def bad_request(detail: str) -> Refusal:
    """The commonest refusal (RFC 9110, 15.5.1)."""
    return Refusal(400, "Bad Request", detail)
