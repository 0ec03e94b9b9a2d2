"""A request as its bytes come in: when all of it is here, so that a thread need not wait for the rest."""

# Bytes of a head, which ends with an empty line, and of a body: more of it no address takes.
MOST_HEAD = 64 * 1024
MOST_BODY = 256 * 1024
# Of a body in chunks, their sizes and ends included: what is cut must hold more than MOST_BODY of content, or it would
# look like one that broke off.
_MOST_CHUNKED = 2 * MOST_BODY
_END = b"\r\n\r\n"


class Incoming:
    """Collects one request, and what a caller sends right behind it; whether it is a valid one, the parser judges."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = bytearray(data)
        self.cut = False  # the body is longer than anyone takes, and was not waited for
        self._body_at = 0
        self._length: int | None = None  # bytes of the body; None: it comes in chunks
        self._chunk_at = 0
        self._told = False

    def add(self, data: bytes) -> None:
        """Take what came."""
        self.data += data

    def is_complete(self) -> bool:
        """Whether nothing more is to be waited for."""
        if not self._body_at and not self._read_head():
            return len(self.data) > MOST_HEAD
        if self._length is not None:
            self.cut = self._length > MOST_BODY
            return self.cut or len(self.data) >= self._body_at + self._length
        if self._chunks_end():
            return True
        self.cut = len(self.data) > self._body_at + _MOST_CHUNKED
        return self.cut

    def wants_word(self) -> bool:
        """Whether the caller waits for 100 Continue before it sends the body; true once."""
        wants = bool(self._body_at) and not self._told and b"expect" in self._head()
        self._told = self._told or wants
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
            # What is no number, or two, the parser refuses.
            counts = len(lengths) == 1 and lengths[0].isdigit() and len(lengths[0]) < 20
            self._length = int(lengths[0]) if counts else 0
        return True

    def _chunks_end(self) -> bool:
        """Walk on over the chunks that are here; true at the last one, and where no parser could go on."""
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
