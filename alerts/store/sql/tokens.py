"""API tokens, in SQL."""

from collections.abc import Collection
from datetime import datetime

import msgspec
import sqlalchemy as sa

from alerts.errors import TokenExistsError, UnknownTokenError
from alerts.model import ChangeKind
from alerts.receiving import Scope, Token
from alerts.store import planning
from alerts.store.sql import schema
from alerts.store.sql.database import Database
from alerts.store.sql.log import note

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(Token)


class TokensPart:
    """What `AlertStore` says of tokens."""

    _database: Database

    def create_token(
        self,
        name: str,
        digest: bytes,
        scopes: Collection[Scope],
        actor: str,
        now: datetime,
        *,
        sources: Collection[str] | None = None,
    ) -> Token:
        """See `AlertStore.create_token`."""
        token = Token(name, frozenset(scopes), now, None if sources is None else frozenset(sources))
        with self._database.write() as connection:
            if _token(connection, name) is not None:
                raise TokenExistsError(f"there is a token named {name!r} already; choose another name")
            row = {"name": name, "digest": digest, "body": _encoder.encode(token).decode()}
            connection.execute(schema.tokens.insert(), row)
            note(connection, now, actor, ChangeKind.TOKEN_CREATED, planning.shown_token(token))
        return token

    def revoke_token(self, name: str, actor: str, now: datetime) -> Token:
        """See `AlertStore.revoke_token`."""
        with self._database.write() as connection:
            token = _token(connection, name)
            if token is None:
                raise UnknownTokenError(f"there is no token named {name!r}")
            if token.revoked_at is None:
                token = msgspec.structs.replace(token, revoked_at=now)
                table = schema.tokens
                body = _encoder.encode(token).decode()
                connection.execute(table.update().where(table.c.name == name).values(body=body))
                note(connection, now, actor, ChangeKind.TOKEN_REVOKED, {"token": name})
        return token

    def tokens(self) -> list[Token]:
        """See `AlertStore.tokens`."""
        with self._database.read() as connection:
            every = connection.execute(schema.tokens.select().order_by(schema.tokens.c.name))
            return [_decoder.decode(row.body) for row in every]

    def authenticate(self, digest: bytes) -> Token | None:
        """See `AlertStore.authenticate`."""
        with self._database.read() as connection:
            row = connection.execute(schema.tokens.select().where(schema.tokens.c.digest == digest)).first()
        token = None if row is None else _decoder.decode(row.body)
        return token if token is not None and token.revoked_at is None else None


def _token(connection: sa.Connection, name: str) -> Token | None:
    row = connection.execute(schema.tokens.select().where(schema.tokens.c.name == name)).first()
    return None if row is None else _decoder.decode(row.body)
