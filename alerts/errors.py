"""Every error the alerts room raises, in one tree; callers catch these, never a driver's."""


class AlertsError(Exception):
    """Something the alert rules or their store could not do; the sentence says what to do about it."""


class StoreError(AlertsError):
    """The alert store could not do what was asked."""


class StoreUnavailableError(StoreError):
    """The store cannot be reached or written now; trying again later may help."""


class StoreInvalidError(StoreError):
    """What is at the store's address is no alert store, or is damaged; a person must look."""


class StoreNewerError(StoreError):
    """The database was written by a newer version of the program than this one."""


class UnknownReceiverError(StoreError):
    """No receiver has this name."""


class UnknownTokenError(StoreError):
    """No token has this name."""


class TokenExistsError(StoreError):
    """A token of this name exists already, revoked or not."""


class UnknownIncidentError(StoreError):
    """No incident has this id."""


class IncidentRefusedError(AlertsError):
    """What somebody wanted to do with an incident cannot be done now.

    Attributes
    ----------
    reason
        Why, from the closed set `alerts.incidents.handling.Refusal`.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class AddressRefusedError(AlertsError):
    """A URL or address that this service may not call.

    Attributes
    ----------
    reason
        Why, from the closed set `alerts.addresses.Refusal`.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
