"""Certificates and tokens of a test: an authority, a broker's and a client's certificate, and signed tokens."""

import base64
import ipaddress
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Authority:
    """Signs certificates; everything lies in one directory."""

    directory: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def made(cls, directory: Path) -> "Authority":
        """A new authority, its certificate in `ca.pem`."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _signed(_name("Test authority"), _name("Test authority"), key.public_key(), key, authority=True)
        (directory / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return cls(directory, key, certificate)

    @property
    def path(self) -> Path:
        """Its own certificate."""
        return self.directory / "ca.pem"

    def issue(self, name: str) -> tuple[Path, Path]:
        """A certificate for 127.0.0.1 and its key; a third file, `NAME.all.pem`, holds both as Kafka wants them."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _signed(_name(name), self.certificate.subject, key.public_key(), self.key, authority=False)
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        paths = self.directory / f"{name}.pem", self.directory / f"{name}.key.pem"
        for path, content in zip(
            (*paths, self.directory / f"{name}.all.pem"), (pem, private, private + pem), strict=True
        ):
            path.write_bytes(content)
        return paths


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _signed(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    authority: bool,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        issuer, subject, public, x509.random_serial_number(), now - timedelta(hours=1), now + timedelta(days=1)
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
    )
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    if not authority:
        here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        builder = builder.add_extension(here, critical=False)
    return builder.sign(signer, hashes.SHA256())


@dataclass(frozen=True)
class TokenIssuer:
    """Signs tokens that a broker checks by the keys in `jwks.json`."""

    directory: Path
    key: rsa.RSAPrivateKey

    @classmethod
    def made(cls, directory: Path) -> "TokenIssuer":
        """A new issuer."""
        key = rsa.generate_private_key(65537, 2048)
        numbers = key.public_key().public_numbers()
        public = {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": "1",
            "n": _base64(numbers.n.to_bytes(256, "big")),
            "e": _base64(b"\x01\x00\x01"),
        }
        (directory / "jwks.json").write_text(json.dumps({"keys": [public]}))
        return cls(directory, key)

    @property
    def keys(self) -> Path:
        """Its public keys."""
        return self.directory / "jwks.json"

    def token(self, subject: str, *, seconds: int = 3600) -> str:
        """A signed token."""
        now = int(time.time())
        claims = {"sub": subject, "iat": now, "exp": now + seconds, "aud": "kafka", "iss": "tests", "scope": "kafka"}
        signed = f"{_part({'alg': 'RS256', 'kid': '1', 'typ': 'JWT'})}.{_part(claims)}"
        return f"{signed}.{_base64(self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _part(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
