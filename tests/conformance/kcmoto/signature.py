"""AWS Signature Version 4, checked on the request as it came over the wire."""
import hashlib
import hmac
import re
from urllib.parse import quote

from .wire import Refusal

SCOPE = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$")
UNSIGNED = {"AssumeRoleWithWebIdentity"}


def key_of(environ):
    found = SCOPE.match(environ.get("HTTP_AUTHORIZATION", ""))
    return found[1] if found else None


def scope(environ):
    """(service, region) of the signature, or (None, None)."""
    found = SCOPE.match(environ.get("HTTP_AUTHORIZATION", ""))
    return (found[4], found[3]) if found else (None, None)


def digest(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def header(environ, name):
    key = name.upper().replace("-", "_")
    value = environ.get(key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + key, "")
    return " ".join(value.split())


def canonical_query(text):
    return "&".join(sorted(part if "=" in part else part + "=" for part in text.split("&") if part))


def verify(environ, body, secrets):
    """Raises Refusal unless the signature is right."""
    found = SCOPE.match(environ.get("HTTP_AUTHORIZATION", ""))
    if not found:
        raise Refusal("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
    key, date, region, service, signed, signature = found.groups()
    if key not in secrets:
        raise Refusal("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
    path, _, query = environ["RAW_URI"].partition("?")
    sent_hash = environ.get("HTTP_X_AMZ_CONTENT_SHA256")
    real_hash = hashlib.sha256(body).hexdigest()
    if service == "s3" and not sent_hash:
        raise Refusal("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    if sent_hash and sent_hash not in (real_hash, "UNSIGNED-PAYLOAD") and not sent_hash.startswith("STREAMING-"):
        raise Refusal("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
    if "host" not in signed.split(";"):
        raise Refusal("SignatureDoesNotMatch", "'Host' must be a signed header", 403)
    headers = "".join(f"{name}:{header(environ, name)}\n" for name in signed.split(";"))
    canonical = "\n".join([environ["REQUEST_METHOD"], path if service == "s3" else quote(path, safe="/-_.~"), canonical_query(query), headers, signed,
                           sent_hash or real_hash])
    moment = environ.get("HTTP_X_AMZ_DATE", "")
    text = "\n".join(["AWS4-HMAC-SHA256", moment, f"{date}/{region}/{service}/aws4_request", hashlib.sha256(canonical.encode()).hexdigest()])
    signing = b"AWS4" + secrets[key].encode()
    for part in (date, region, service, "aws4_request"):
        signing = digest(signing, part)
    if not moment.startswith(date) or not hmac.compare_digest(digest(signing, text).hex(), signature):
        raise Refusal("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.", 403)
