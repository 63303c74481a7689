"""Idempotency tokens: a call repeated with its token has its first reply; with other parameters it is refused."""
from .wire import Refusal

BY_NAME = {"ClientToken", "CallerReference"}


def token_member(operation):
    shape = operation.input_shape
    for name, member in shape.members.items() if shape else ():
        if name in BY_NAME or member.metadata.get("idempotencyToken"):
            return name
    return None


class Tokens:
    def __init__(self):
        self.seen = {}

    def key(self, call):
        member = token_member(call.operation)
        value = call.params.get(member) if member else None
        return (call.region, call.service, call.name, value) if value else None

    def replay(self, call):
        """The reply given before, or None."""
        former = self.seen.get(self.key(call))
        if former is None:
            return None
        params, reply = former
        if params != call.params:
            code = "IdempotentParameterMismatch" if call.service == "ec2" else "InvalidParameterException"
            raise Refusal(code, "The client token was used with different parameters.")
        return reply

    def remember(self, call, reply):
        key = self.key(call)
        if key and reply[0] < 300:
            self.seen[key] = (call.params, reply)
