"""What WhatsApp's own error codes mean; Graph's are in the package that all of Meta's networks share."""

from inbox.platforms.base import ErrorClass
from inbox.platforms.meta.graph import Codes

CODES: Codes = {
    0: ErrorClass.AUTH_EXPIRED,
    80007: ErrorClass.RATE_LIMITED,
    130429: ErrorClass.RATE_LIMITED,
    130472: ErrorClass.POLICY_BLOCKED,  # the person is in an experiment of Meta's
    130497: ErrorClass.POLICY_BLOCKED,
    131000: ErrorClass.TRANSIENT,
    131005: ErrorClass.PERMISSION_MISSING,
    131008: ErrorClass.INVALID,
    131009: ErrorClass.INVALID,
    131016: ErrorClass.TRANSIENT,
    131021: ErrorClass.RECIPIENT_UNAVAILABLE,
    131026: ErrorClass.RECIPIENT_UNAVAILABLE,
    131030: ErrorClass.RECIPIENT_UNAVAILABLE,
    131031: ErrorClass.POLICY_BLOCKED,
    131037: ErrorClass.POLICY_BLOCKED,
    131042: ErrorClass.PERMISSION_MISSING,  # nobody pays for this account
    131044: ErrorClass.PERMISSION_MISSING,
    131045: ErrorClass.PERMISSION_MISSING,
    131047: ErrorClass.WINDOW_CLOSED,
    131048: ErrorClass.RATE_LIMITED,
    131049: ErrorClass.POLICY_BLOCKED,
    131050: ErrorClass.POLICY_BLOCKED,
    131051: ErrorClass.INVALID,
    131052: ErrorClass.INVALID,
    131053: ErrorClass.INVALID,
    131056: ErrorClass.RATE_LIMITED,  # too much to this one person
    131057: ErrorClass.TRANSIENT,
    131062: ErrorClass.RECIPIENT_UNAVAILABLE,
    131063: ErrorClass.POLICY_BLOCKED,
    131064: ErrorClass.RATE_LIMITED,
    132000: ErrorClass.INVALID,
    132001: ErrorClass.INVALID,
    132005: ErrorClass.TOO_LONG,
    132007: ErrorClass.POLICY_BLOCKED,
    132008: ErrorClass.INVALID,
    132012: ErrorClass.INVALID,
    132015: ErrorClass.POLICY_BLOCKED,
    132016: ErrorClass.POLICY_BLOCKED,
    133010: ErrorClass.PERMISSION_MISSING,  # the number is not registered
    137000: ErrorClass.RECIPIENT_UNAVAILABLE,
}
