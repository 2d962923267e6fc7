"""Tokens of sessions and keys: 256 random bits, of which only a digest is kept."""

import hashlib
import secrets


def new_token(prefix: str = "") -> str:
    """A token that nobody can guess."""
    return prefix + secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """What is kept of a token; as it is random, one SHA-256 is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
