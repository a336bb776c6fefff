#!/usr/bin/env python3
"""A real mail server (aiosmtpd) for tests. Prints its port; writes each accepted mail as a line of JSON.

usage: mail_server.py PACKAGE_FOLDER FILE MODE CERTIFICATE KEY
MODE: starttls   offers STARTTLS, and sign-in (guardian / right) only after it; nothing goes without both
      plain      offers neither
      tls        TLS from the first byte, sign-in needed
Recipients: refused@... gets 550, later@... gets 451, content@... gets 554 after the text.
"""
import asyncio
import email
import email.policy
import json
import ssl
import sys

sys.path.insert(0, sys.argv[1])
from aiosmtpd.smtp import SMTP, AuthResult  # noqa: E402

_, _, FILE, MODE, CERTIFICATE, KEY = sys.argv


class Keeper:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return "550 no such user"
        if address.startswith("later@"):
            return "451 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):
        if envelope.rcpt_tos[0].startswith("content@"):
            return "554 not like this"
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        with open(FILE, "a") as file:
            file.write(json.dumps({
                "from": envelope.mail_from, "to": envelope.rcpt_tos, "peer": session.peer[1],
                "encrypted": session.ssl is not None or MODE == "tls", "user": session.authenticated,
                "subject": mail["Subject"], "headers": sorted(mail.keys()), "delivery": mail["X-Guardian-Delivery"],
                "message_id": mail["Message-ID"], "sender": str(mail["From"]), "defects": [str(d) for d in mail.defects],
                "type": mail.get_content_type(), "charset": mail.get_content_charset(), "body": mail.get_content().replace("\r\n", "\n"),
                "longest_line": max(len(line) for line in envelope.content.split(b"\r\n"))}) + "\n")
        return "250 kept"


def may_enter(server, session, envelope, mechanism, data):
    return AuthResult(success=data.login == b"guardian" and data.password == b"right", handled=False)


async def main():
    open(FILE, "a").close()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    if MODE != "plain":
        context.load_cert_chain(CERTIFICATE, KEY)
    options = {"hostname": "localhost"}
    if MODE == "starttls":
        options |= {"tls_context": context, "require_starttls": True, "authenticator": may_enter, "auth_required": True}
    if MODE == "tls":
        options |= {"authenticator": may_enter, "auth_required": True, "auth_require_tls": False}
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Keeper(), **options), "127.0.0.1", 0, ssl=context if MODE == "tls" else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
