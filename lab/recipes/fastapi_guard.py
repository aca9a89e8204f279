"""FastAPI behind `mantlet guard`: who is logged in, items of their owner, sockets for one's own pages. Copy this file.

    guard = Guard([os.environ["PRINCIPAL_KEY"]], audience="app")
    notes = Owned(boto3.resource("dynamodb").Table("notes"), id="note_id", writable={"text"})
    install(app)

    @app.get("/notes/{note_id}")
    def note(note_id: str, me: str = Depends(guard.user)):
        return notes.get(me, note_id)

    @app.websocket("/socket")
    async def socket(connection: WebSocket, origin=Depends(from_origins("https://app.example")), me: str = Depends(guard.user)):
        await connection.accept()
"""

import base64
import hashlib
import hmac
import logging
import secrets
import time
from urllib.parse import urlsplit

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError
from fastapi import Response, WebSocket
from fastapi.requests import HTTPConnection
from starlette.exceptions import WebSocketException
from starlette.responses import JSONResponse

log = logging.getLogger("mantlet")

# What follows, down to the next line like this one, is the same for every framework. -----------


class NoPrincipal(Exception):
    """Nobody is logged in."""


class BadPrincipal(NoPrincipal):
    """The header is not the guard's word: somebody came past the guard, or keys or clocks differ."""


class NotFound(Exception):
    """There is no such item, or it is somebody else's: nobody is told which."""


class Taken(Exception):
    """There is an item with this id already."""


class Unavailable(Exception):
    """DynamoDB could not say. The reason is in __cause__, for the log and for nobody else."""


class Word:
    """What guard and application sign for each other: VERSION.ISSUED.EXPIRES.USER.SIGNATURE.

    keys: the current one, then the previous one, as the guard has them; at least 32 bytes each.
    """

    SKEW, LIFE, LONGEST = 10, 60, 2048  # seconds, seconds, characters

    def __init__(self, keys, audience):
        self._keys = [key.encode() if isinstance(key, str) else bytes(key) for key in keys]
        if not self._keys or min(map(len, self._keys)) < 32:
            raise ValueError("needs the guard's keys, of at least 32 bytes each")
        if not audience:
            raise ValueError("needs an audience: the name under which the guard knows this application")
        self._audience = audience.encode()

    def _sign(self, key, label, method, text):
        message = label
        for part in (self._audience, method.encode("latin-1", "replace"), text.encode("latin-1", "replace")):
            message += len(part).to_bytes(2, "big") + part
        return base64.urlsafe_b64encode(hmac.new(key, message, hashlib.sha256).digest()).rstrip(b"=")

    def read(self, lines, method, now=None):
        """Who is logged in, None without a header. lines: the header's values, all that came."""
        if not lines:
            return None
        line = lines[0] if len(lines) == 1 and len(lines[0]) <= self.LONGEST else ""
        text, _, signature = line.rpartition(".")
        sent = signature.encode("latin-1", "replace")
        # Every key is tried, each in constant time, before anything is parsed.
        if not any([hmac.compare_digest(self._sign(key, b"mantlet/principal/1", method, text), sent) for key in self._keys]):
            raise BadPrincipal("signature")
        try:
            version, issued, expires, user = text.split(".")
            user = base64.urlsafe_b64decode(user + "=" * (-len(user) % 4)).decode()
            issued, expires = int(issued), int(expires)
        except ValueError:
            raise BadPrincipal("form") from None
        now = time.time() if now is None else now
        if version != "1" or not user or not issued - self.SKEW <= now < expires:
            raise BadPrincipal("time")
        return user

    def login(self, user, method, now=None):
        """The value of Mantlet-Session that makes the guard start user's session, or end the one there is if user is ""."""
        issued = int(time.time() if now is None else now)
        encoded = base64.urlsafe_b64encode(user.encode()).rstrip(b"=").decode()
        text = f"1.{issued}.{issued + self.LIFE}.{encoded}"
        return f"{text}.{self._sign(self._keys[0], b'mantlet/login/1', method, text).decode()}"


class Owned:
    """Items of a DynamoDB table, each reached by its owner only.

    table: boto3's resource of it, or a client together with name
    id: the key attribute that says which item
    owner: the attribute with the owner's id, the first part of the key if owner_in_key
    writable: the attributes that requests may write

    Who asks comes first in every call: hand in the verified principal and nothing that
    came as a parameter. Conditions are positive, so that an item without an owner is nobody's.
    """

    def __init__(self, table, id, owner="owner", writable=(), owner_in_key=False, name=None):
        self._db, self._id, self._owner, self._in_key, self._name = table, id, owner, owner_in_key, name
        self._writable = frozenset(writable)
        if {id, owner} & self._writable:
            raise ValueError("neither key nor owner can be writable")

    def get(self, me, item_id):
        found = self._ask("get_item", Key=self._key(me, item_id), ConsistentRead=True).get("Item")
        if found and self._name:
            found = {name: TypeDeserializer().deserialize(value) for name, value in found.items()}
        if not found or found.get(self._owner) != me:
            raise NotFound
        return found

    def create(self, me, values, item_id=None):
        """Gives the new item's id. Where the owner is not in the key leave it to be made here: taken ids tell of others' items."""
        item_id = item_id or secrets.token_urlsafe(16)
        key = self._key(me, item_id)
        item = {**self._typed(self._allowed(values)), **self._typed({self._owner: me}), **key}
        try:
            self._ask("put_item", Item=item, ConditionExpression="attribute_not_exists(#id)", ExpressionAttributeNames={"#id": self._id})
        except NotFound:
            raise Taken from None
        return item_id

    def update(self, me, item_id, values):
        """Writes these attributes of an item that is there."""
        key, values = self._key(me, item_id), self._allowed(values)
        if not values:
            raise ValueError("nothing to write")
        names = {f"#n{i}": name for i, name in enumerate(values)}
        written = {f":v{i}": value for i, value in enumerate(values.values())}
        self._ask("update_item", Key=key, UpdateExpression="SET " + ", ".join(f"#n{i} = :v{i}" for i in range(len(values))),
                  **self._mine(me, names, written))

    def delete(self, me, item_id):
        self._ask("delete_item", Key=self._key(me, item_id), **self._mine(me))

    def _mine(self, me, names={}, values={}):
        return {"ConditionExpression": "attribute_exists(#id) AND #owner = :me",
                "ExpressionAttributeNames": {"#id": self._id, "#owner": self._owner, **names},
                "ExpressionAttributeValues": self._typed({":me": me, **values})}

    def _key(self, me, item_id):
        if not isinstance(me, str) or not me:
            raise NoPrincipal  # before DynamoDB is asked
        if not isinstance(item_id, str) or not 0 < len(item_id.encode()) <= 1024:
            raise NotFound
        return self._typed({self._owner: me, self._id: item_id} if self._in_key else {self._id: item_id})

    def _allowed(self, values):
        if not set(values) <= self._writable:
            raise ValueError("not writable: " + ", ".join(sorted(map(repr, set(values) - self._writable))))
        return values

    def _typed(self, values):
        """A client wants types with values, a resource makes them itself."""
        return {name: TypeSerializer().serialize(value) for name, value in values.items()} if self._name else values

    def _ask(self, operation, **arguments):
        if self._name:
            arguments["TableName"] = self._name
        try:
            return getattr(self._db, operation)(**arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                raise NotFound from None
            raise Unavailable from error
        except BotoCoreError as error:
            raise Unavailable from error


def exact(origins):
    """The origins as browsers send them: scheme, host, and the port if it is not the scheme's own."""
    for origin in origins:
        parts = urlsplit(origin)
        usual = {"http": 80, "https": 443}.get(parts.scheme)
        if origin != f"{parts.scheme}://{parts.netloc}".lower() or not usual or not parts.hostname or parts.port == usual or set(origin) & set("*@ "):
            raise ValueError(f"{origin!r} is no origin like https://app.example")
    if not origins:
        raise ValueError("without origins nobody can open the socket")
    return frozenset(origins)


def refused(error):
    """Status and message for what this file raises. What happened is in the log, under the reference."""
    for kind, status, message in ((NoPrincipal, 401, "log in first"), (NotFound, 404, "not found"), (Taken, 409, "there is one already")):
        if isinstance(error, kind):
            if isinstance(error, BadPrincipal):
                log.warning("the principal's header does not verify: %s", error)
            return status, message
    reference = secrets.token_hex(6)
    log.error("DynamoDB, reference %s", reference, exc_info=error)
    return 503, f"try again shortly; reference {reference}"


# -----------------------------------------------------------------------------------------------


class Guard:
    """Dependencies that read the guard's header. They take no parameter that a request could fill."""

    def __init__(self, keys, audience, header="Mantlet-Principal"):
        self._word, self._header = Word(keys, audience), header

    def visitor(self, connection: HTTPConnection):
        """The user's id, or None where nobody is logged in."""
        method = connection.scope.get("method", "GET")  # a handshake has none here, and is a GET
        try:
            return self._word.read(connection.headers.getlist(self._header), method)
        except BadPrincipal as error:
            if connection.scope["type"] != "websocket":
                raise
            refused(error)
            raise WebSocketException(1008) from None

    def user(self, connection: HTTPConnection):
        """The user's id; 401 where nobody is logged in, and no handshake."""
        me = self.visitor(connection)
        if me is None:
            # Before it is accepted: the handshake is answered with 403.
            raise WebSocketException(1008) if connection.scope["type"] == "websocket" else NoPrincipal
        return me

    def log_in(self, connection: HTTPConnection, response: Response, user):
        """After the password was right, where the guard keeps the sessions (logins: true)."""
        response.headers["Mantlet-Session"] = self._word.login(user, connection.scope["method"])

    def log_out(self, connection: HTTPConnection, response: Response):
        self.log_in(connection, response, "")


def from_origins(*origins):
    """A dependency for WebSocket routes: handshakes of other pages are refused before they are accepted."""
    own = exact(origins)

    def check(connection: WebSocket):
        sent = connection.headers.getlist("origin")
        if len(sent) != 1 or sent[0] not in own:
            raise WebSocketException(1008)
        return sent[0]

    return check


def install(app):
    """Answers for what this file raises."""

    async def answer(request, error):
        status, message = refused(error)
        return JSONResponse({"detail": message}, status, {"Cache-Control": "no-store", **({"Retry-After": "2"} if status == 503 else {})})

    for kind in (NoPrincipal, NotFound, Taken, Unavailable):
        app.add_exception_handler(kind, answer)
