#!/usr/bin/env python3
"""Parents' portal of the school office: a small, deliberately weak web site.

Usage: python3 app.py PORT     (listens on 127.0.0.1 only)
"""
import html
import os
import sqlite3
import sys
from http import cookies
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

HERE = os.path.dirname(os.path.abspath(__file__))
DB = sqlite3.connect(":memory:", check_same_thread=False)
DB.executescript("""
CREATE TABLE pupils (id INTEGER PRIMARY KEY, name TEXT, class TEXT);
INSERT INTO pupils VALUES (1, 'Ada Bergin', '4b'), (2, 'Tomas Weil', '5a'), (3, 'Mila Orr', '4b');
CREATE TABLE notes (id INTEGER PRIMARY KEY, author TEXT, text TEXT);
INSERT INTO notes VALUES (1, 'Office', 'The school trip is on Friday.');
""")
MENU = (
    '<p><a href="/">Start</a> <a href="/pupils?id=1">Pupils</a> <a href="/search?q=trip">Search</a> '
    '<a href="/notes">Notes</a> <a href="/page?name=menu.txt">Lunch</a> <a href="/login">Sign in</a> '
    '<a href="/go?to=/notes">Latest</a> <a href="/status?host=127.0.0.1">Status</a> <a href="/letter?lang=en">Letter</a></p>'
)
FILES = {"menu.txt": "Monday: soup\nTuesday: pasta\n"}


class Handler(BaseHTTPRequestHandler):
    server_version = "SchoolPortal/1.4"
    sys_version = ""
    protocol_version = "HTTP/1.0"

    def page(self, body, status=200, headers=()):
        data = ("<html><head><title>Parents</title></head><body>" + MENU + body + "</body></html>").encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def form(self):
        length = min(int(self.headers.get("Content-Length") or 0), 65536)
        return {k: v[0] for k, v in parse_qs(self.rfile.read(length).decode("utf-8", "replace"), True).items()}

    def do_GET(self):
        url = urlsplit(self.path)
        args = {k: v[0] for k, v in parse_qs(url.query, True).items()}
        view = getattr(self, "get_" + (url.path.strip("/") or "start"), None)
        if url.path == "/old/backup.sql" or url.path == "/.env":
            return self.page("<pre>DB_PASSWORD=parents-2020</pre>")
        if view is None:
            return self.page("<h1>Not here</h1>", 404)
        view(args)

    do_HEAD = do_GET

    def do_POST(self):
        data = self.form()
        path = urlsplit(self.path).path
        if path == "/login":
            return self.page("<p>Unknown parent " + data.get("user", "") + "</p>", 403)
        if path == "/notes":
            DB.execute("INSERT INTO notes (author, text) VALUES (?, ?)", (data.get("author", ""), data.get("text", "")))
            DB.execute("DELETE FROM notes WHERE id > 1 AND id <= (SELECT MAX(id) FROM notes) - 30")
            return self.get_notes({})
        self.page("<p>Thank you</p>")

    def do_OPTIONS(self):
        self.send_response(200)
        self.send_header("Allow", "GET, HEAD, POST, OPTIONS, PUT, DELETE, TRACE")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_PUT(self):
        self.form()
        self.page("<p>stored</p>", 201)

    def get_start(self, args):
        jar = cookies.SimpleCookie()
        jar["portal"] = "guest-1"
        self.page("<h1>Parents' portal</h1>", headers=[("Set-Cookie", jar["portal"].OutputString())])

    def get_pupils(self, args):
        try:
            rows = DB.execute("SELECT name, class FROM pupils WHERE id = " + args.get("id", "1")).fetchall()
        except sqlite3.Error as problem:
            return self.page("<p>sqlite3.OperationalError: %s</p>" % html.escape(str(problem)), 500)
        self.page("".join("<p>%s, %s</p>" % row for row in rows))

    def get_search(self, args):
        q = args.get("q", "")
        self.page('<form action="/search"><input name="q" value="%s"><input type="submit"></form><h2>Results for %s</h2>' % (q, q))

    def get_notes(self, args):
        rows = DB.execute("SELECT author, text FROM notes").fetchall()
        self.page(
            '<form action="/notes" method="post"><input name="author"><input name="text"><input type="submit"></form>'
            + "".join("<p><b>%s</b> %s</p>" % row for row in rows)
        )

    def get_page(self, args):
        name = args.get("name", "menu.txt")
        if name in FILES:
            return self.page("<pre>%s</pre>" % FILES[name])
        if "passwd" in name:
            return self.page("<pre>root:x:0:0:root:/var/empty:/usr/sbin/nologin\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n</pre>")
        self.page("<p>Warning: open(%s) failed: No such file or directory</p>" % html.escape(name), 500)

    def get_login(self, args):
        self.page('<form action="/login" method="post"><input name="user"><input name="password" type="password"><input type="submit"></form>')

    def get_go(self, args):
        target = args.get("to", "/").replace("\r", "").replace("\n", "")
        self.page("", 302, [("Location", target)])

    def get_status(self, args):
        host = args.get("host", "127.0.0.1")
        self.page("<p>checked %s</p>" % html.escape(host))

    def get_letter(self, args):
        lang = args.get("lang", "en")
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        for line in ("X-Language: " + lang).split("\n"):
            name, _, value = line.strip("\r").partition(":")
            if name.strip() and value:
                self.send_header(name.strip().replace(" ", ""), value.strip())
        self.end_headers()
        self.wfile.write(b"<html><body>Dear parents</body></html>")

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
