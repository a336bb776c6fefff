#!/usr/bin/env python3
"""Serves a folder on a free port of this machine and prints the port. usage: file_server.py FOLDER ranges|plain"""
import functools
import http.server
import os
import re
import sys


class Handler(http.server.SimpleHTTPRequestHandler):
    ranges = False

    def log_message(self, *_):
        pass

    def do_GET(self):
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        path = self.translate_path(self.path)
        if not (self.ranges and wanted and os.path.isfile(path)):
            return super().do_GET()
        begin, size = int(wanted[1]), os.path.getsize(path)
        if begin >= size:
            return self.send_error(416)
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {begin}-{size - 1}/{size}")
        self.send_header("Content-Length", str(size - begin))
        self.end_headers()
        with open(path, "rb") as file:
            file.seek(begin)
            self.wfile.write(file.read())


folder, mode = sys.argv[1:]
Handler.ranges = mode == "ranges"
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
print(server.server_address[1], flush=True)
server.serve_forever()
