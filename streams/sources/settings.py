"""Which feeds are collected, how often, and what they may cost."""

from ipaddress import IPv4Network, IPv6Network
from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from streams.mentions import SourceKind


class FeedSettings(BaseModel):
    """One RSS or Atom feed.

    Attributes
    ----------
    url
        `http` or `https`.
    name, kind
        What its mentions say as their source; several feeds may share a name.
    interval_seconds
        How often it is asked; `None` takes the common one.
    language
        Said of its mentions where the feed itself does not.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    name: str = Field(min_length=1, max_length=200)
    kind: SourceKind = "news"
    interval_seconds: float | None = Field(default=None, ge=1, le=86_400)
    language: str = Field(default="", max_length=35)

    @field_validator("url")
    @classmethod
    def _url_is_http(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
            _ = parts.port  # raises where it is no port
        except ValueError as error:
            raise ValueError(f"must be an address such as https://example.vn/rss: {error}") from None
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
            raise ValueError("must be an address such as https://example.vn/rss, without user name or password")
        return url


class CollectorSettings(BaseModel):
    """Settings of `canhbao collect`.

    Attributes
    ----------
    sources
        The feeds.
    interval_seconds
        How often each is asked unless it says otherwise.
    jitter
        Part of the interval by which a fetch may come later, so that feeds do not come all at once.
    max_backoff_seconds
        Longest wait for a feed that fails.
    timeout_seconds
        For one fetch, redirects and body included.
    max_bytes, max_ratio
        Of one answer, after decompression; and against its size on the wire.
    max_entries
        Entries taken from one answer, newest first as the feed has them.
    allow_networks
        Private networks that feeds may be fetched from, such as ``10.1.0.0/16``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sources: tuple[FeedSettings, ...] = ()
    interval_seconds: float = Field(default=300, ge=1, le=86_400)
    jitter: float = Field(default=0.1, ge=0, le=1)
    max_backoff_seconds: float = Field(default=3600, ge=1, le=86_400)
    timeout_seconds: float = Field(default=20, gt=0, le=300)
    max_bytes: int = Field(default=8 * 1024 * 1024, ge=1024, le=256 * 1024 * 1024)
    max_ratio: float = Field(default=100, ge=2)
    max_entries: int = Field(default=500, ge=1, le=10_000)
    allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @model_validator(mode="after")
    def _feeds_differ(self) -> Self:
        urls = [feed.url for feed in self.sources]
        twice = sorted({url for url in urls if urls.count(url) > 1})
        if twice:
            raise ValueError(f"feeds must have different addresses; {twice[0]} stands there more than once")
        return self
