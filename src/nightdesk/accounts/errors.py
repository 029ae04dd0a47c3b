"""What can go wrong with accounts."""

from nightdesk.core.errors import BusinessError, Conflict, Unauthenticated


class EmailTaken(Conflict):
    """Another user has this address."""

    code = "email_taken"
    public_message = "Somebody with this e-mail address is already here. Use another address."


class TooManyTokens(Conflict):
    """The user has as many live tokens as one may have."""

    code = "too_many_tokens"
    public_message = "You have as many tokens as one may have. Revoke one that is no longer used."


class SignInFailed(BusinessError):
    """E-mail and password do not belong together; which of the two is wrong is not said."""

    code = "sign_in_failed"
    status = 400
    public_message = "E-mail and password do not match. Check both, or ask an operator for a sign-in link."


class LinkNotValid(BusinessError):
    """The sign-in link was used, is too old or never existed."""

    code = "link_not_valid"
    status = 400
    public_message = "This sign-in link was used before or is too old. Ask for a new one."


class TokenRefused(Unauthenticated):
    """The bearer token is unknown, revoked or expired, or its user is disabled."""

    code = "token_refused"
    public_message = "This token is not valid: it may be revoked or expired. Make a new one and send it as Bearer."
