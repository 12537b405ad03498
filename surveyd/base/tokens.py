"""Links that cannot be guessed: personal survey links, opt-out links, signed return paths.

Every secret is derived from the secret key by HMAC-SHA-256 with a purpose in front, so that a
token made for one purpose opens nothing else. Retired keys keep their links valid.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

LINK_BYTES = 16
RETURN_PATH_BYTES = 10


@dataclass(frozen=True, slots=True)
class Keys:
    """The secret keys: the first one makes, all of them check."""

    secrets: Sequence[bytes]

    def survey_token(self, invitation_id: int, digest: str | None = None) -> str:
        """The token of an invitation's personal link: 128 bits, 22 characters.

        With `digest` (the stored SHA-256) the token is made with the key that matches it, so
        that a reminder carries the same link after the key was changed; the newest key serves
        when none matches.
        """
        tokens = [
            _base64(self._mac(secret, "survey", str(invitation_id))[:LINK_BYTES]) for secret in self.secrets
        ]
        return next((token for token in tokens if digest and token_digest(token) == digest), tokens[0])

    def opt_out_token(self, contact_id: int, invitation_id: int) -> str:
        """A token that opts one contact out; it names the two ids and outlives their rows."""
        payload = f"{contact_id}.{invitation_id}"
        return f"{payload}.{_base64(self._mac(self.secrets[0], 'opt-out', payload)[:LINK_BYTES])}"

    def read_opt_out_token(self, token: str) -> tuple[int, int] | None:
        """The contact's and the invitation's id of a genuine opt-out token, else None."""
        payload, _, signature = token.rpartition(".")
        contact_id, _, invitation_id = payload.partition(".")
        if not (_is_id(contact_id) and _is_id(invitation_id)):
            return None
        if not any(
            _same(signature, _base64(self._mac(secret, "opt-out", payload)[:LINK_BYTES]))
            for secret in self.secrets
        ):
            return None
        return int(contact_id), int(invitation_id)

    def sign_in_token(self, link_id: int) -> str:
        """The token of a link to set a password; what the link may do stands in its row."""
        return f"{link_id}.{self._sign_in_mac(self.secrets[0], link_id)}"

    def read_sign_in_token(self, token: str) -> int | None:
        """The row that a genuine link to set a password stands for, else None."""
        link_id, _, signature = token.partition(".")
        if not _is_id(link_id):
            return None
        genuine = any(_same(signature, self._sign_in_mac(secret, int(link_id))) for secret in self.secrets)
        return int(link_id) if genuine else None

    def return_path(self, message_id: int, domain: str) -> str:
        """The signed envelope sender (VERP) of one outbox row; case does not matter to it."""
        return f"b-{message_id}-{self._return_mac(self.secrets[0], message_id)}@{domain}"

    def read_return_path(self, address: str) -> int | None:
        """The outbox row that a signed return path names, else None."""
        local, _, _ = address.strip("<> ").lower().partition("@")
        prefix, _, rest = local.partition("-")
        message_id, _, signature = rest.partition("-")
        if prefix != "b" or not _is_id(message_id):
            return None
        genuine = any(_same(signature, self._return_mac(secret, int(message_id))) for secret in self.secrets)
        return int(message_id) if genuine else None

    def signed(self, purpose: str, payload: str) -> str:
        """`payload`, which anybody may read, with a signature: it is good for that purpose alone."""
        return f"{payload}.{self._signature(self.secrets[0], purpose, payload)}"

    def read_signed(self, purpose: str, token: str) -> str | None:
        """The payload of a genuine token of that purpose, else None."""
        payload, _, signature = token.rpartition(".")
        genuine = any(_same(signature, self._signature(secret, purpose, payload)) for secret in self.secrets)
        return payload if genuine else None

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for another purpose (sessions, sampling), from the newest secret."""
        return self._mac(self.secrets[0], "derive", purpose)

    def _sign_in_mac(self, secret: bytes, link_id: int) -> str:
        return _base64(self._mac(secret, "sign-in", str(link_id))[:LINK_BYTES])

    def _signature(self, secret: bytes, purpose: str, payload: str) -> str:
        return _base64(self._mac(secret, f"signed-{purpose}", payload)[:LINK_BYTES])

    def _return_mac(self, secret: bytes, message_id: int) -> str:
        return self._mac(secret, "return-path", str(message_id))[:RETURN_PATH_BYTES].hex()

    @staticmethod
    def _mac(secret: bytes, purpose: str, text: str) -> bytes:
        return hmac.digest(secret, f"{purpose}:{text}".encode(), "sha256")


def token_digest(token: str) -> str:
    """What the table keeps of a link: the SHA-256 of its token, 64 hexadecimal digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
