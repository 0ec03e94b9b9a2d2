"""How the simulated Afosto refuses: one exception, answered as the documented `extensions` of a GraphQL error."""


class Refused(Exception):
    """Afosto refuses a request; nothing was changed.

    `code` is one of the documented error codes, `field` the dotted name of the wrong input (validation only).
    """

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.field = field

    @property
    def extensions(self) -> dict[str, str]:
        """What goes into `errors[].extensions`."""
        return {"code": self.code} | ({"field": self.field} if self.field else {})


def invalid(field: str, message: str) -> Refused:
    """VALIDATION_ERROR: the input named `field` cannot be accepted."""
    return Refused("VALIDATION_ERROR", message, field)


def not_found(what: str, id_: str) -> Refused:
    """NOT_FOUND: there is no such thing."""
    return Refused("NOT_FOUND", f"{what} {id_!r} does not exist")


def unauthorized() -> Refused:
    """UNAUTHORIZED: the key is missing, wrong or revoked."""
    return Refused("UNAUTHORIZED", "Unauthorized")


def forbidden(root_field: str) -> Refused:
    """FORBIDDEN: the key is valid, its scopes do not cover this field."""
    return Refused("FORBIDDEN", f"The scopes of this key do not allow {root_field}")
