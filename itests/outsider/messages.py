"""Reasons, and the shapes of all messages (sections 2 and 5 of the specification)."""

import cbor


class Problem(Exception):
    """Why a migration cannot go on, as reasons for a person (section 2)."""

    def __init__(self, cause, remedy="", subject="sterna_peer.py", item=""):
        super().__init__(cause)
        self.reasons = [{"subject": subject, "item": item, "cause": cause, "remedy": remedy}]

    def __str__(self):
        return "\n".join(map(_line_of, self.reasons))


class PeerProblem(Problem):
    """What the peer has said, and therefore knows."""

    def __init__(self, reasons):
        super().__init__("the peer has given no reason")
        self.reasons = reasons or self.reasons


def _line_of(reason):
    """One reason in one line, without the control characters that a peer might have put into it (section 10)."""
    where = reason["subject"] + ("." + reason["item"] if reason["item"] else "")
    remedy = f" ({reason['remedy']})" if reason["remedy"] else ""
    return "".join(c if c.isprintable() else "?" for c in f"{where}: {reason['cause']}{remedy}")


class Each:
    """The shape of a map whose keys are data, by the shape of its values."""

    def __init__(self, item):
        self.item = item


UINT = object()  # an integer from 0 on
ANY = object()


def fit(value, shape, where):
    """
    A value, checked against its shape, and without the keys that nobody here knows (section 2). A shape is a type, UINT or ANY;
    a list with the shape of all items; a dict of shapes, in which "?key" may be absent; Each; a set of texts; or a function that
    does the same.
    """
    if isinstance(shape, dict) and isinstance(value, dict):
        due = {key.lstrip("?"): item for key, item in shape.items() if key[0] != "?" or key[1:] in value}
        return {key: fit(value.get(key), item, f"{where}.{key}") for key, item in due.items()}
    if isinstance(shape, list) and isinstance(value, list):
        return [fit(item, shape[0], where) for item in value]
    if isinstance(shape, Each) and isinstance(value, dict):
        return {fit(key, str, where): fit(item, shape.item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(shape, set) and isinstance(value, str) and value in shape or shape is ANY or type(value) is shape:
        return value
    if shape is UINT and type(value) is int and value >= 0:
        return value
    if callable(shape) and not isinstance(shape, type):
        return shape(value, where)
    raise Problem(f"{where} is missing, or not as the specification has it")


def scalar(value, where):
    """The shape of a property's value."""
    return fit(value, type(value) if type(value) in (bool, int) else str, where)


def _field_type(value, where):
    if isinstance(value, dict):
        return fit(value, {"list": _field_type} if "list" in value else {"fields": [FIELD]}, where)
    return fit(value, {"bool", "text", "bytes", *INTEGER_BITS}, where)


INTEGER_BITS = {"i8": 8, "i16": 16, "i32": 32, "i64": 64}
FIELD = {"id": UINT, "name": str, "type": _field_type, "since": UINT, "?extension": str, "?default": ANY, "?why": str,
         "criticality": {"mandatory", "ignorable-if-default", "ignorable"}}
OFFER = {"path": str, "type": str, "version": str, "schema": {"type": str, "version": UINT, "fields": [FIELD]},
         "not-default": [[UINT]], "acked": [str], "after": [str]}
REGION = {"name": str, "base": UINT, "size": UINT, "page-size": UINT}
OUTCOME = {"OK", "OK-IF", "LOSSY", "BLOCKED"}
SIDE = {"state": UINT, "bundle": str}
ANSWER = {"path": str, "type": str, "writer": SIDE, "reader": SIDE, "outcome": OUTCOME,
          "dropped": [{"field": str, "why": str}], "defaulted": [str], "?plan": {"drop": [[UINT]], "default": [[UINT]]}}
REASON = {"subject": str, "item": str, "cause": str, "remedy": str}
COUNT = {"frames": UINT, "data-pages": UINT, "zero-pages": UINT, "checksum": UINT}

SHAPES = {
    "HELLO": {"capabilities": Each({"need": {"required", "preferred"}, "parameters": Each([scalar])}), "?wall-time": UINT},
    "MANIFEST": {"name": str, "abi": str, "sections": [OFFER], "bulk": [REGION], "host": Each(Each(scalar)),
                 "accept-loss": [str]},
    "VERDICT": {"outcome": OUTCOME, "sections": [ANSWER], "reasons": [REASON],
                "conditions": [{"path": str, "field": str}], "?losses": [{"path": str, "field": str}], "?remarks": [REASON]},
    "START": {}, "READY": {}, "ROUND": {"round": UINT}, "ROUND_DONE": {"round": UINT},
    "SECTION": {"path": str, "type": str, "version": UINT, "extensions": [str], "size": UINT, "sha-256": bytes,
                "data": bytes},
    "FINISH": {"bulk": COUNT, "sections": UINT, "running": bool},
    "LOADED": {"bulk": COUNT, "digests": Each(bytes)},
    "COMMIT": {}, "TAKEN": {}, "RUNNING": {"running": bool, "wall-time": UINT}, "BYE": {}, "CANCEL": {},
    "ERROR": {"reasons": [REASON]}}


def parse(name, payload):
    """The message in the payload of a frame."""
    try:
        return fit(cbor.decode(payload), SHAPES[name], name)
    except ValueError as e:
        raise Problem(f"the CBOR of a frame {name} is wrong: {e}") from e
