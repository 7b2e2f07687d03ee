"""What may go wrong, as one tree. A class knows its status and its code; the message is for the agent who reads it.

EarshotError
  NotSignedIn 401   Forbidden 403   NotFound 404   Invalid 422   Unavailable 503   TooMany 429
    SignInOver        SecondStepRequired
  Conflict 409
    AlreadyResolved  SomebodyWaits  NewerAnswer > NewsHere  AlreadyLeft  IdempotencyMismatch(422)
"""

from typing import Any, ClassVar


class EarshotError(Exception):
    """Anything we refuse. `extra` is added to the problem+json answer."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.message, self.extra = message, extra


class NotSignedIn(EarshotError):
    status, code, title = 401, "not_signed_in", "Please sign in"


class BadCredentials(NotSignedIn):
    code, title = "bad_credentials", "That did not match"


class SignInOver(NotSignedIn):
    code, title = "sign_in_over", "Please begin again"


class Forbidden(EarshotError):
    status, code, title = 403, "forbidden", "Not allowed"


class SecondStepRequired(Forbidden):
    code, title = "second_step_required", "A second step is required here"


class NotFound(EarshotError):
    status, code, title = 404, "not_found", "Not found"


class Invalid(EarshotError):
    status, code, title = 422, "invalid", "That cannot be done as asked"


class TooLong(Invalid):
    code, title = "too_long", "Too long for this platform"


class WindowClosed(Invalid):
    code, title = "window_closed", "The platform's time to answer is over"


class NotPossibleHere(Invalid):
    code, title = "not_possible_here", "This platform cannot do that"


class IdempotencyMismatch(Invalid):
    code, title = "idempotency_mismatch", "The same key was used for something else"


class TooMany(EarshotError):
    status, code, title = 429, "throttled", "Too many attempts"


class Unavailable(EarshotError):
    status, code, title = 503, "unavailable", "Not available right now"


class Conflict(EarshotError):
    status, code, title = 409, "conflict", "Something changed meanwhile"


class AlreadyResolved(Conflict):
    code, title = "already_resolved", "Already resolved"


class SomebodyWaits(Conflict):
    code, title = "somebody_waits", "Somebody still waits"


class NewerAnswer(Conflict):
    code, title = "newer_answer", "A colleague answered"


class NewsHere(NewerAnswer):
    code, title = "news_here", "Something new was written"


class AlreadyLeft(Conflict):
    code, title = "already_left", "It has already left"
