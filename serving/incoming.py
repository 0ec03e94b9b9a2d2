"""Collects the bytes of a request until it is complete, so that no thread has to wait for the rest."""

# Most bytes of a head (which ends with an empty line) and of a body: no address accepts more.
MOST_HEAD = 64 * 1024
MOST_BODY = 256 * 1024
# Most bytes of a chunked body, with chunk sizes and line ends. A body cut here must have more than MOST_BODY bytes of
# content, or it would look like one that broke off.
_MOST_CHUNKED = 2 * MOST_BODY
_END = b"\r\n\r\n"


class Incoming:
    """Collects one request, and any bytes sent right after it. Whether the request is valid, the parser decides."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = bytearray(data)
        self.cut = False  # the body is longer than any address accepts, and the rest was not read
        self._body_at = 0
        self._length: int | None = None  # bytes of the body; None: it comes in chunks
        self._chunk_at = 0
        self._said_continue = False

    def add(self, data: bytes) -> None:
        """Add received bytes."""
        self.data += data

    def is_complete(self) -> bool:
        """Whether the request is complete, or no more of it is to be read."""
        if not self._body_at and not self._read_head():
            return len(self.data) > MOST_HEAD
        if self._length is not None:
            self.cut = self._length > MOST_BODY
            return self.cut or len(self.data) >= self._body_at + self._length
        if self._chunks_end():
            return True
        self.cut = len(self.data) > self._body_at + _MOST_CHUNKED
        return self.cut

    def wants_continue(self) -> bool:
        """Whether the caller waits for 100 Continue before it sends the body; true only once."""
        wants = bool(self._body_at) and not self._said_continue and b"expect" in self._head()
        self._said_continue = self._said_continue or wants
        return wants

    def _head(self) -> bytes:
        return bytes(self.data[: self._body_at]).lower()

    def _read_head(self) -> bool:
        end = self.data.find(_END, 0, MOST_HEAD + len(_END))
        if end < 0:
            return False
        self._body_at = self._chunk_at = end + len(_END)
        fields = [line.partition(b":") for line in self._head().split(b"\r\n")[1:]]
        if not any(name == b"transfer-encoding" for name, _, _ in fields):
            lengths = [value.strip() for name, _, value in fields if name == b"content-length"]
            # If the length is not a number, or there are two, the parser refuses the request.
            counts = len(lengths) == 1 and lengths[0].isdigit() and len(lengths[0]) < 20
            self._length = int(lengths[0]) if counts else 0
        return True

    def _chunks_end(self) -> bool:
        """Skip the chunks received so far; true at the last one, and at an invalid one, where no parser can go on."""
        while (line_end := self.data.find(b"\r\n", self._chunk_at)) >= 0:
            try:
                size = int(self.data[self._chunk_at : line_end].partition(b";")[0], 16)
            except ValueError:
                return True
            if size <= 0:
                return size < 0 or self.data.find(_END, line_end) >= 0
            if size > MOST_BODY:
                self.cut = True
                return True
            self._chunk_at = line_end + 2 + size + 2
        return False
