# SPDX-License-Identifier: GPL-2.0
"""An SMB2/3 client that does as it is told: connections, sessions, trees (MS-SMB2 3.2)."""
import os

from smb import commands, crypto, negotiate, ntlm, spnego, wire
from smb.message import Response, pack_compound
from smb.transport import Transport
from smb.wire import DIALECTS, Command, Header, Status

GUEST, ANONYMOUS, ENCRYPT_DATA = 1, 2, 4  # SessionFlags (2.2.6)


class Refused(Exception):
    """A call that had to succeed did not; .response says how."""

    def __init__(self, response):
        super().__init__(str(response))
        self.response = response


def demand(response):
    """Return the response if its status is SUCCESS, else raise Refused."""
    if not response.ok:
        raise Refused(response)
    return response


class Connection:
    """A TCP connection: MessageIds, negotiated parameters, matching of responses (3.2.1.2)."""

    def __init__(self, host, port=445, timeout=20, client_guid=None):
        self.transport = Transport.connect(host, port, timeout)
        self.client_guid = client_guid or os.urandom(16)
        self.next_id = 0
        self.dialect, self.algorithm, self.cipher = 0, crypto.HMAC_SHA256, None
        self.preauth_hash = bytes(64)
        self.offer = self.answer = None
        self.last_frame = b""       # as sent last, before encryption
        self.sessions = {}          # by SessionId, to decrypt
        self.requests = {}          # sent, by MessageId
        self.interim = {}           # interim responses by MessageId
        self.arrived = []           # responses that nobody waited for yet

    def close(self):
        """Drop the connection."""
        self.transport.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def negotiate(self, dialects=("3.1.1",), ciphers=None, signing=None, contexts=None,
                  security_mode=negotiate.SIGNING_ENABLED, capabilities=negotiate.CAPABILITIES,
                  sign="none"):
        """NEGOTIATE, and take over what was chosen; contexts replaces the usual ones."""
        codes = [DIALECTS[name] for name in dialects]
        if contexts is None:
            contexts = negotiate.contexts(ciphers, signing)
        if ciphers:
            capabilities |= negotiate.CAP_ENCRYPTION
        self.offer = codes, security_mode, capabilities, self.client_guid
        body = negotiate.request_body(*self.offer, contexts)
        response = self.call(commands.Request(Command.NEGOTIATE, body, sign=sign))
        if response.ok:
            self._take_over(negotiate.Answer.parse(response.raw), response)
        return response

    def _take_over(self, answer, response):
        self.answer, self.dialect = answer, answer.dialect
        if answer.dialect == DIALECTS["3.1.1"]:
            self.cipher = answer.chosen(negotiate.ENCRYPTION) or None
            for message in (self.last_frame, response.raw):
                self.preauth_hash = crypto.preauth_update(self.preauth_hash, message)
        elif answer.capabilities & negotiate.CAP_ENCRYPTION:
            self.cipher = crypto.AES128_CCM
        self.algorithm = crypto.signing_algorithm(answer.dialect, answer.chosen(negotiate.SIGNING))

    def multi_protocol_negotiate(self):
        """SMB1 NEGOTIATE that offers SMB2; the dialect of the answer (3.3.5.3)."""
        self.transport.send(negotiate.smb1_request())
        self.next_id = 1
        self.arrived.extend(self._receive())
        response = self.arrived.pop()
        return negotiate.Answer.parse(demand(response).raw).dialect

    def send(self, *requests, encrypt=None, transform_id=None):
        """Send requests as one frame; encrypt is the session whose key to use. Returns them as sent."""
        if encrypt:
            requests = [r.but(sign="none") if r.sign == "good" else r for r in requests]
        sent = [self._numbered(request) for request in requests]
        self.last_frame = pack_compound(sent, self.algorithm)
        for request in sent:
            if request.command != Command.CANCEL:
                self.requests[request.message_id] = request
        frame = self.last_frame
        if encrypt:
            session_id = encrypt.id if transform_id is None else transform_id
            frame = crypto.encrypt(self.cipher, encrypt.keys.to_server, session_id, frame)
        self.transport.send(frame)
        return sent

    def _numbered(self, request):
        charge = 0 if self.dialect <= DIALECTS["2.0.2"] else request.credit_charge
        message_id = request.message_id
        if message_id is None:
            message_id, self.next_id = self.next_id, self.next_id + max(1, charge)
        return request.but(message_id=message_id, credit_charge=charge)

    def wait(self, request):
        """The final response to a sent request; interim ones are in its .interim."""
        return self.wait_id(request.message_id)

    def wait_id(self, message_id):
        """The final response with a MessageId."""
        while True:
            for response in self.arrived:
                if response.header.message_id == message_id:
                    self.arrived.remove(response)
                    response.interim = self.interim.pop(message_id, [])
                    return response
            self.arrived.extend(self._receive())

    def wait_interim(self, request):
        """The first interim response to a sent request."""
        while request.message_id not in self.interim:
            self.arrived.extend(self._receive())
        return self.interim[request.message_id][0]

    def wait_break(self):
        """An oplock or lease break notification."""
        return self.wait_id(wire.NO_MESSAGE_ID)

    def call(self, request, encrypt=None):
        """One request, its response."""
        return self.exchange(request, encrypt=encrypt)[0]

    def exchange(self, *requests, encrypt=None):
        """A compound, and the responses in its order."""
        return [self.wait(sent) for sent in self.send(*requests, encrypt=encrypt)]

    def _receive(self):
        """One frame's final responses; the interim ones are filed."""
        frame, encrypted_by = self.transport.receive(), None
        if frame[:4] == wire.TRANSFORM_MAGIC:
            encrypted_by = crypto.transform_session_id(frame)
            key = self.sessions[encrypted_by].keys.to_client
            frame = crypto.decrypt(self.cipher, key, frame)
        final = []
        for raw in wire.split_compound(frame):
            response = self._response(raw, encrypted_by)
            if response.header.flags & wire.ASYNC and response.status == Status.PENDING:
                self.interim.setdefault(response.header.message_id, []).append(response)
            else:
                final.append(response)
        return final

    def _response(self, raw, encrypted_by):
        header = Header.unpack(raw)
        request = self.requests.get(header.message_id)
        response = Response(header, raw, encrypted_by, request)
        if request:
            response.check(self.algorithm, request.signing_key())
        return response


class Session:
    """A user's session on one connection; bind() makes the same session on another one (3.2.1.3)."""

    def __init__(self, conn, user="", password="", domain=""):
        self.conn = conn
        self.user, self.password, self.domain = user, password, domain
        self.id = 0
        self.channel_key = None     # signs everything on this connection
        self.signing_key = None     # signs the legs of a binding elsewhere
        self.preauth_hash = b""     # of the last authentication
        self.keys = None
        self.flags = 0
        self.encrypt = False
        self.legs = []              # responses of the last authentication

    def setup(self, **options):
        """Authenticate anew (options as for _authenticate); the last response, verified."""
        final, session_key = self._authenticate(**options)
        if final.ok:
            self.flags = final.unpack("H", 2)[0]
            self.keys = self._derive_keys(session_key)
            self.channel_key = self.signing_key = self.keys.signing
            self.encrypt = bool(self.flags & ENCRYPT_DATA)
            self.conn.sessions[self.id] = self
            final.check(self.conn.algorithm, self.channel_key)
        return final

    def use_key(self, session_key):
        """Sign with what the server derives from another session key than the one agreed on."""
        self.channel_key = self._derive_keys(session_key).signing

    def _derive_keys(self, session_key):
        conn = self.conn
        return crypto.derive_keys(conn.dialect, session_key, self.preauth_hash, conn.cipher)

    def reauthenticate(self, **options):
        """Authenticate again on the same session; keys stay (3.3.5.5.2)."""
        encrypt = self if self.encrypt else None
        return self._authenticate(encrypt=encrypt, **options)[0]

    def bind(self, conn, sign="good", user=None, **options):
        """Bind to another connection: the new channel, and the last response (3.2.4.2.3.1)."""
        channel = Session(conn, self.user if user is None else user, self.password, self.domain)
        channel.id, channel.signing_key, channel.keys = self.id, self.signing_key, self.keys
        final, session_key = channel._authenticate(
            flags=commands.SESSION_BINDING, sign=sign, key=self.signing_key, **options)
        if final.ok:
            channel.use_key(session_key)
            channel.encrypt = self.encrypt
            conn.sessions[channel.id] = channel
            final.check(conn.algorithm, channel.channel_key)
        return channel, final

    def _authenticate(self, sign="good", key=None, raw_ntlm=False, encrypt=None, **fields):
        """The SESSION_SETUP legs: the last response and the session key (3.2.4.2.3)."""
        login = ntlm.Client(self.user, self.password, self.domain)
        self.preauth_hash = self.conn.preauth_hash
        blob = login.negotiate_message
        if not raw_ntlm:
            blob = spnego.init_token(blob)
        self.legs = []
        while True:
            request = commands.session_setup(blob, **fields).but(session=self, sign=sign, key=key)
            response = self.conn.call(request, encrypt=encrypt)
            self.legs.append(response)
            self.preauth_hash = crypto.preauth_update(self.preauth_hash, self.conn.last_frame)
            if response.status != Status.MORE_PROCESSING_REQUIRED or len(self.legs) > 1:
                return response, login.exported_key
            self.preauth_hash = crypto.preauth_update(self.preauth_hash, response.raw)
            self.id = response.header.session_id
            offset, size = response.unpack("HH", 4)
            challenge = spnego.find_ntlm(response.raw[offset:offset + size])
            blob = login.authenticate(challenge)
            if not raw_ntlm:
                mic = login.signature(spnego.MECH_TYPES) if self.user else b""
                blob = spnego.response_token(blob, mic)

    def call(self, request, **changes):
        """One request on this session; changes as for Request.but()."""
        return self.exchange([request], **changes)[0]

    def exchange(self, requests, **changes):
        """A compound on this session."""
        requests = [request.but(session=self, **changes) for request in requests]
        return self.conn.exchange(*requests, encrypt=self if self.encrypt else None)

    def tree(self, share, **changes):
        """TREE_CONNECT that has to succeed."""
        path = rf"\\server\{share}"
        return Tree(self, path, demand(self.call(commands.tree_connect(path), **changes)))

    def logoff(self, **changes):
        """LOGOFF."""
        return self.call(commands.empty(Command.LOGOFF), **changes)


class Tree:
    """A connected share (3.2.1.4)."""

    def __init__(self, session, path, response):
        self.session, self.path, self.response = session, path, response
        self.id = response.header.tree_id

    def on(self, request, **changes):
        """The request, addressed to this tree."""
        return request.but(session=self.session, tree_id=self.id, **changes)

    def call(self, request, **changes):
        """One request on this tree."""
        return self.exchange([request], **changes)[0]

    def exchange(self, requests, **changes):
        """A compound on this tree."""
        return self.session.exchange([self.on(r) for r in requests], **changes)

    def open(self, name, **options):
        """CREATE that has to succeed: the FileId."""
        return commands.created_file_id(demand(self.call(commands.create(name, **options))))

    def write_file(self, name, data):
        """Make a file with this content."""
        file_id = self.open(name, disposition=commands.OVERWRITE_IF)
        demand(self.call(commands.write(file_id, data)))
        demand(self.call(commands.close(file_id)))

    def read_file(self, name):
        """The first 4 KiB of a file."""
        file_id = self.open(name, disposition=commands.OPEN, access=commands.READ_DATA)
        data = commands.read_data(demand(self.call(commands.read(file_id))))
        demand(self.call(commands.close(file_id)))
        return data

    def disconnect(self, **changes):
        """TREE_DISCONNECT."""
        return self.call(commands.empty(Command.TREE_DISCONNECT), **changes)


def related(*requests):
    """Requests as a related compound: all but the first refer to the one before (2.2.1.2)."""
    return [requests[0]] + [r.but(flags=r.flags | wire.RELATED) for r in requests[1:]]
