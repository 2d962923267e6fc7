"""The signed head of the trail: kept elsewhere, it shows later whether anything up to it was changed or cut off."""

import base64
import binascii
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.core.errors import InvalidInputError
from app.core.settings import Settings
from app.core.trail.append import canonical_json

HEAD_FORMAT = "tongchou.audit-head/1"
SEED_BYTES = 32
KEY_FILE_NAME = "audit.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHead:
    """The last record of the trail at a moment, signed with Ed25519 over the canonical JSON of the other fields."""

    seq: int
    digest: str
    at: str
    """When it was signed, ISO 8601, UTC."""
    public_key: str
    signature: str
    """Both base64."""
    format: str = HEAD_FORMAT

    def signed_bytes(self) -> bytes:
        """What the signature covers."""
        fields = ("at", "digest", "format", "public_key", "seq")
        return canonical_json({name: getattr(self, name) for name in fields}).encode()


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _refused(message: str, **params: str) -> InvalidInputError:
    error = InvalidInputError.of(message, code="audit_key", **params)
    assert isinstance(error, InvalidInputError)
    return error


def _seed_of(text: str, source: str) -> bytes:
    try:
        seed = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        seed = b""
    if len(seed) != SEED_BYTES:
        raise _refused("{source} does not hold an audit key: 32 bytes in base64.", source=source)
    return seed


def _read_key_file(path: Path) -> bytes:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise _refused("Others may read the audit key {file}; make it readable by its owner only.", file=str(path))
    return _seed_of(path.read_text(encoding="ascii", errors="replace"), str(path))


def _make_key_file(path: Path) -> None:
    """Write a new key, whole or not at all; where another process is quicker, its key stands."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(_encode(os.urandom(SEED_BYTES)) + "\n")
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink()


def signing_key(settings: Settings) -> Ed25519PrivateKey:
    """The installation's key: from TONGCHOU_AUDIT_KEY, else from a file beside the SQLite database, made on first use.

    Raises `InvalidInputError` where the key is malformed, where others could read its file, and with PostgreSQL where
    none is given: a file of one container or machine is lost with it, and another machine would sign with another key.
    """
    if settings.audit_key is not None:
        seed = _seed_of(settings.audit_key.get_secret_value(), "TONGCHOU_AUDIT_KEY")
    elif settings.sqlite_path is not None:
        path = settings.sqlite_path.parent / KEY_FILE_NAME
        if not path.exists():
            _make_key_file(path)
        seed = _read_key_file(path)
    else:
        raise _refused("With PostgreSQL the audit key is given by TONGCHOU_AUDIT_KEY (32 random bytes in base64).")
    return Ed25519PrivateKey.from_private_bytes(seed)


def public_key_of(key: Ed25519PrivateKey) -> str:
    """The public half, base64: what somebody needs to check a head."""
    return _encode(key.public_key().public_bytes_raw())


def sign_head(key: Ed25519PrivateKey, *, seq: int, digest: str, at: datetime) -> SignedHead:
    """The head of the trail, signed."""
    unsigned = SignedHead(seq=seq, digest=digest, at=at.isoformat(), public_key=public_key_of(key), signature="")
    signature = _encode(key.sign(unsigned.signed_bytes()))
    return SignedHead(seq=seq, digest=digest, at=unsigned.at, public_key=unsigned.public_key, signature=signature)


def head_from_json(text: str, *, public_key: str) -> SignedHead:
    """An exported head, whose signature is proven to be by this public key; raises `InvalidInputError`."""
    try:
        fields: Any = json.loads(text)
        assert isinstance(fields, Mapping)
        head = SignedHead(**fields)
        assert head.format == HEAD_FORMAT
        assert type(head.seq) is int
        texts = (head.digest, head.at, head.public_key, head.signature)
        assert all(isinstance(value, str) for value in texts)
        signature = base64.b64decode(head.signature, validate=True)
    except (ValueError, TypeError, AssertionError) as error:
        raise _refused("This is not a {format} document.", format=HEAD_FORMAT) from error
    if head.public_key != public_key:
        raise _refused("The head was signed with another key than this installation's.")
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key)).verify(signature, head.signed_bytes())
    except (InvalidSignature, ValueError) as error:
        raise _refused("The signature of the head is not valid: the document was changed.") from error
    return head
