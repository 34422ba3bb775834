# SPDX-License-Identifier: GPL-2.0-only
"""Congestion control "ilnp" between sockets that have nothing to do with
ILNP: data arrives, and it comes and goes like any other."""
import os
import socket
import threading

CC = socket.TCP_CONGESTION


def chosen(sock: socket.socket) -> bytes:
    return sock.getsockopt(socket.IPPROTO_TCP, CC, 16).rstrip(b"\0")


def receive(sock: socket.socket, got: list[bytes]) -> None:
    while data := sock.recv(1 << 16):
        got.append(data)


def connection(listener: socket.socket, first: bytes, then: bytes) -> None:
    client = socket.socket(socket.AF_INET6)
    client.setsockopt(socket.IPPROTO_TCP, CC, first)
    client.connect(listener.getsockname())
    server, _ = listener.accept()
    assert chosen(client) == first, chosen(client)
    assert chosen(server) == chosen(listener), chosen(server)
    got: list[bytes] = []
    thread = threading.Thread(target=receive, args=(server, got))
    thread.start()
    data = os.urandom(1 << 20)
    client.sendall(data)
    client.setsockopt(socket.IPPROTO_TCP, CC, then)
    client.sendall(data)
    client.close()
    thread.join()
    server.close()
    assert b"".join(got) == data + data


def main() -> None:
    os.system("ip link set lo up")
    for cc in (b"ilnp", b"cubic"):
        with socket.socket(socket.AF_INET6) as listener:
            listener.setsockopt(socket.IPPROTO_TCP, CC, cc)
            listener.bind(("::1", 0))
            listener.listen()
            for first, then in ((b"ilnp", b"cubic"), (b"cubic", b"ilnp"),
                                (b"ilnp", b"ilnp"), (b"ilnp", b"reno")):
                connection(listener, first, then)
    # Never connected
    with socket.socket(socket.AF_INET6) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, CC, b"ilnp")


if __name__ == "__main__":
    main()
