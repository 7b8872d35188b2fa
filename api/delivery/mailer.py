"""One e-mail, handed to the mail server of the settings."""

import email
import ssl
from collections.abc import Sequence
from email.policy import SMTP as MAIL_POLICY
from socket import socket

import aiosmtplib

from alerts.addresses import AddressPolicy
from alerts.delivering import Answer
from api.delivery.guard import Lookup, connected
from api.receivers import Encryption, MailSettings

_FINE = Answer(250)


class Mailer:
    """Hands messages to one mail server; a connection for each, to an address that was checked.

    Parameters
    ----------
    settings
        Of the server.
    policy
        Which addresses may be called.
    lookup
        How its host is resolved.
    """

    def __init__(self, settings: MailSettings, policy: AddressPolicy, lookup: Lookup) -> None:
        self._settings = settings
        self._policy = policy
        self._lookup = lookup

    async def send(self, to: Sequence[str], body: bytes) -> Answer:
        """Hand over one message to all of `to`.

        What the server refuses for good is `mail_refused`, what it puts off `mail_deferred`. A message that some
        addressees were refused for counts as delivered: sent again, it would reach the others twice.

        Raises
        ------
        AddressRefusedError
            If the server's address may not be called.
        OSError, ssl.SSLError, TimeoutError
            If it cannot be reached.
        """
        host, port = self._settings.where
        sock = await connected(self._policy, host, port, lookup=self._lookup)
        try:
            return await self._converse(sock, to, body)
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _judged([one.code for one in error.recipients])
        except aiosmtplib.SMTPResponseException as error:
            return _judged([error.code])
        except (aiosmtplib.SMTPTimeoutError, TimeoutError):
            return Answer(failure="timeout")
        except aiosmtplib.SMTPException as error:
            tls = isinstance(error.__cause__, ssl.SSLError) or "STARTTLS" in str(error)
            return Answer(failure="tls" if tls else "connection")
        finally:
            sock.close()

    async def _converse(self, sock: socket, to: Sequence[str], body: bytes) -> Answer:
        settings = self._settings
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            sock=sock,
            use_tls=settings.encryption is Encryption.TLS,
            start_tls=settings.encryption is Encryption.STARTTLS,
            username=settings.user or None,
            password=settings.password.get_secret_value() or None,
            timeout=None,
        )
        async with client:
            # Times are bounded by whoever called: one bound for the whole attempt.
            await client.send_message(
                email.message_from_bytes(body, policy=MAIL_POLICY), sender=settings.sender, recipients=list(to)
            )
        return _FINE


def _judged(codes: Sequence[int]) -> Answer:
    """Final only if the server refuses for good whomever it was asked for."""
    final = bool(codes) and all(500 <= code < 600 for code in codes)
    return Answer(failure="mail_refused" if final else "mail_deferred")
