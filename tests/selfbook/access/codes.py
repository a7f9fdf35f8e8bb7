"""What an authenticator app shows."""

import base64
import hashlib
import hmac
import struct
import time


def code(secret: str) -> str:
    """The code of this moment: RFC 6238, written out here so that the library is not checked by itself."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    mac = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"
