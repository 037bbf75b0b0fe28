"""The fingerprint of plain data: what is sealed, what is chained, what somebody signed off."""

import hashlib
import json


def digest(content: object) -> str:
    """SHA-256 of the canonical JSON of `content`, as hex."""
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
