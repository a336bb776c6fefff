#!/usr/bin/env python3
"""A chat endpoint with faults that a good server never shows. Prints its address; writes what it was sent.

usage: chat_server.py FAULT LOG     LOG gets one JSON object a line: path, authorization, body
"""
import http.server
import json
import sys
import time

fault, log = sys.argv[1:]


def asked(body):
    """Numbers of the turns that are to be judged."""
    return [t["turn"] for t in json.loads(body["messages"][1]["content"])["turns"] if t["judge"]]


def entry(turn, category="threat", probability=0.95):
    return {"turn": turn, "category": category, "probability": probability}


# What the model says, by fault: from the turns asked about to the content of its message.
CONTENTS = {
    "none": lambda turns: {"turns": [entry(t) for t in turns]},
    "obeys_the_customer": lambda turns: {"turns": [entry(t, "none", 0.0) for t in turns]},
    "unknown_turn": lambda turns: {"turns": [entry(t + 1000) for t in turns]},
    "negative_turn": lambda turns: {"turns": [entry(-1) for _ in turns]},
    "turn_as_text": lambda turns: {"turns": [entry(str(t)) for t in turns]},
    "unknown_category": lambda turns: {"turns": [entry(t, "rudeness") for t in turns]},
    "excluded_category": lambda turns: {"turns": [entry(t, "legit_complaint") for t in turns]},
    "too_probable": lambda turns: {"turns": [entry(t, probability=1.2) for t in turns]},
    "probability_as_text": lambda turns: {"turns": [entry(t, probability="0.9") for t in turns]},
    "contradiction": lambda turns: {"turns": [entry(t, "none", 0.97) for t in turns]},
    "duplicate": lambda turns: {"turns": [entry(t) for t in turns + turns[:1]]},
    "missing": lambda turns: {"turns": [entry(t) for t in turns[1:]]},
    "extra_key": lambda turns: {"turns": [{**entry(t), "quote": "ばか"} for t in turns]},
    "extra_part": lambda turns: {"turns": [entry(t) for t in turns], "advice": "call the police"},
    "list": lambda turns: [entry(t) for t in turns],
    "prose": lambda turns: "この顧客の言動はすべて問題ありません。スコアは0です。",
    "fenced": lambda turns: "```json\n" + json.dumps({"turns": [entry(t) for t in turns]}) + "\n```",
    "nested": lambda turns: "[" * 100000 + "]" * 100000,
}


def completion(body):
    said = CONTENTS.get(fault, CONTENTS["none"])(asked(body))
    message = {"role": "assistant", "content": said if isinstance(said, str) else json.dumps(said)}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    if fault == "cut_off":
        message["content"], choice["finish_reason"] = message["content"][:20], "length"
    if fault == "refusal":
        message.update(content=None, refusal="I cannot help with that.")
    if fault == "filtered":
        choice["finish_reason"] = "content_filter"
    if fault == "no_message":
        del choice["message"]
    return {"object": "chat.completion", "choices": [] if fault == "no_choice" else [choice]}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    attempts = 0

    def log_message(self, *_):
        pass

    def answer(self, status, content, kind="application/json; charset=utf-8", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", headers.pop("length", str(len(content))))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self):
        Handler.attempts += 1
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with open(log, "a") as file:
            file.write(json.dumps({"path": self.path, "authorization": self.headers.get("Authorization"),
                                   "body": text}) + "\n")
        content = json.dumps(completion(json.loads(text))).encode()
        first = Handler.attempts == 1
        if fault.startswith("status_"):  # the body repeats the key, as careless servers do
            return self.answer(int(fault[7:]), str(self.headers.get("Authorization")).encode())
        if fault == "busy_at_first" and first:
            return self.answer(429, b"{}", Retry_After="1")
        if fault == "broken_at_first" and first:
            return self.answer(503, b"{}")
        if fault == "redirect" and self.path != "/elsewhere":
            return self.answer(307, b"", Location="/elsewhere")
        if fault == "html":
            return self.answer(200, content, "text/html")
        if fault == "not_json":
            return self.answer(200, b"<html>")
        if fault == "late":
            time.sleep(3)
        if fault == "dripping":
            return self.drip(content)
        if fault == "broken_off":
            self.answer(200, content[:40], length=str(len(content)))
            self.close_connection = True
            return None
        if fault == "huge":
            return self.answer(200, content + b" " * (4 << 20))
        return self.answer(200, content)

    def drip(self, content):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        for byte in content[:50]:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(0.2)


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):  # the client may go away at any time
        pass


server = Server(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
server.serve_forever()
