#!/usr/bin/python3
"""A whole client of the wire protocol in one page: opens a wallet, sends a lucky packet, lets three users claim it,
and follows the feed.  Debian: python3 python3-flatbuffers flatbuffers-compiler.

    flatc --python --gen-object-api -o /tmp/hongbao-python schema/hongbao.fbs
    PYTHONPATH=/tmp/hongbao-python schema/example_client.py 127.0.0.1:7700

Exit status: 0 done, 1 refused or wrong usage.
"""
import importlib
import secrets
import socket
import struct
import sys

import flatbuffers

HEADER = struct.Struct("<IHH")  # payload bytes, magic "HB", reserved
MAGIC = 0x4248


def generated(table):
    """flatc makes a module for each table; its object API ends in T."""
    return importlib.import_module("hongbao." + table)


def names_of(enumeration):
    values = getattr(generated(enumeration), enumeration)
    return {number: name for name, number in vars(values).items() if isinstance(number, int)}


class Refused(Exception):
    pass


class Client:
    """One connection, one request at a time.  A real client pipelines: ids tell which answer is whose."""

    def __init__(self, host, port):
        self.commands = {name: number for number, name in names_of("Command").items()}
        self.statuses = names_of("Status")
        self.last_id = 0
        self.socket = socket.create_connection((host, port), timeout=30)
        self.stream = self.socket.makefile("rb")
        self.welcome = self.ask("Hello", protocolVersion=1, client="example_client.py")

    def ask(self, command, key=None, **fields):
        """Sends a command and returns its answer.  A command that changes something needs a key (claims do not):
        after a lost connection, send the same command with the same key again."""
        table = getattr(generated(command), command + "T")()
        for name, value in fields.items():
            if not hasattr(table, name):
                raise AttributeError(f"{command} has no field {name}")
            setattr(table, name, value)
        request = generated("Request").RequestT()
        self.last_id += 1
        request.id = self.last_id
        request.commandType = self.commands[command]
        request.command = table
        if key:
            request.key = generated("Key128").Key128T()
            request.key.low, request.key.high = key
        self.socket.sendall(frame(request))
        return self.answer()

    def answer(self):
        size, magic, reserved = HEADER.unpack(self.stream.read(HEADER.size))
        if magic != MAGIC or reserved != 0:
            raise ValueError("this is no Hongbao server")
        module = generated("Response")
        response = module.ResponseT.InitFromObj(module.Response.GetRootAs(self.stream.read(size), 0))
        status = self.statuses[response.status]
        if status not in ("ok", "already_claimed"):
            raise Refused(f"{status} (limit {response.limit}): {text(response.message)}")
        return response.answer


def frame(request):
    builder = flatbuffers.Builder(256)
    builder.Finish(request.Pack(builder))
    payload = bytes(builder.Output())
    payload += bytes(-len(payload) % 8)  # to a multiple of 8
    return HEADER.pack(len(payload), MAGIC, 0) + payload


def text(value):
    return value.decode() if isinstance(value, bytes) else value or ""


def new_key():
    """Random, and never 0; one for each thing that is meant once."""
    return secrets.randbits(64) | 1, secrets.randbits(64)


def yuan(fen):
    return f"{fen // 100}.{fen % 100:02}"


def events(page):
    """The records of a page: byte 0 is the type, byte 1 the length in units of 32 bytes."""
    records, at = bytes(page.records), 0
    for sequence in range(page.first, page.first + page.count):
        length = records[at + 1] * 32
        yield sequence, records[at], records[at:at + length]
        at += length


def main(host, port):
    client = Client(host, port)
    print(f"server {text(client.welcome.serverVersion)}, {client.welcome.shards} shard(s)")
    sender = secrets.randbits(48) + 1
    client.ask("OpenWallet", new_key(), user=sender, name="小明")
    wallet = client.ask("Deposit", new_key(), user=sender, amount=100_00)
    print(f"wallet of {text(wallet.name)}: {yuan(wallet.balance)}")

    sent = client.ask("SendPacket", new_key(), sender=sender, total=20_00, shareCount=3, remark="恭喜发财")
    taken = 0
    for user in range(sender + 1, sender + 4):  # a claim opens a wallet where there is none
        outcome = client.ask("Claim", packet=sent.packet, user=user).outcome
        taken += outcome.amountFen
        print(f"user {user} takes {yuan(outcome.amountFen)}")
    packet = client.ask("ShowPacket", packet=sent.packet).packet
    state = names_of("PacketState")[packet.state]
    print(f"packet {packet.packet}: {state}, {packet.claimedCount} of {packet.shareCount} shares, {yuan(taken)} of "
          f"{yuan(packet.total)}")

    shard = (sent.packet & 0xfff) * client.welcome.shards // client.welcome.partitions
    page = client.ask("ReadFeed", shard=shard, from_=1, bytesMax=1 << 19)
    claims = 0
    for _, kind, record in events(page):
        if kind == 5:  # claimed; engine/journal/FORMAT.md lists the fields of every type
            packet_id, = struct.unpack_from("<Q", record, 16)
            claims += packet_id == sent.packet
    print(f"feed of shard {shard}: {page.count} events, {claims} of them claims of this packet")


if __name__ == "__main__":
    if len(sys.argv) != 2 or ":" not in sys.argv[1]:
        sys.exit("usage: example_client.py ADDRESS:PORT")
    address, _, port_text = sys.argv[1].rpartition(":")
    try:
        main(address.strip("[]"), int(port_text))
    except Refused as refusal:
        sys.exit(f"refused: {refusal}")
