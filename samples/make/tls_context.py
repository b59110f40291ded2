"""TLS for the Python ends: an SSLContext out of what `tls.py` passes as `--tls JSON`.

Names of the JSON: cert and key (lists of files), ca, keylog, min, max ("TLSv1_2"), ciphers, options
(numbers of SSL_OP_*, to be set), without (to be cleared), curve, alpn, verify ("require", "optional"), sni.
"""

import json
import ssl
import warnings

warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.0 and 1.1 are what some captures are about


def context(side, text):
    """The context for one side, or None where there is to be no TLS."""
    if not text:
        return None
    how = json.loads(text)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if side == "server" else ssl.PROTOCOL_TLS_CLIENT)
    for cert, key in zip(how.get("cert", []), how.get("key", [])):
        made.load_cert_chain(cert, key)
    if "ca" in how:
        made.load_verify_locations(how["ca"])
    elif side == "client" and not how.get("verify"):
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    if side == "server" and how.get("verify"):
        made.verify_mode = {"require": ssl.CERT_REQUIRED, "optional": ssl.CERT_OPTIONAL}[how["verify"]]
    if "ciphers" in how:
        made.set_ciphers(how["ciphers"])
    for option in how.get("options", []):
        made.options |= option
    for option in how.get("without", []):
        made.options &= ~option
    if "min" in how:
        made.minimum_version = ssl.TLSVersion[how["min"]]
    if "max" in how:
        made.maximum_version = ssl.TLSVersion[how["max"]]
    if "curve" in how:
        made.set_ecdh_curve(how["curve"])
    if "dh" in how:
        made.load_dh_params(how["dh"])
    if "alpn" in how:
        made.set_alpn_protocols(how["alpn"])
    if "keylog" in how:
        made.keylog_filename = how["keylog"]
    return made


def described(tls):
    """What was agreed on, of an SSLSocket or SSLObject."""
    return {"version": tls.version(), "suite": tls.cipher()[0], "resumed": tls.session_reused}
