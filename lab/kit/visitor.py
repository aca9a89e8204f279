"""A browser's part in the tests: cookies, forms and requests, over urllib.

Not http.cookiejar, because that keeps Secure cookies from http even on
loopback, where browsers send them.
"""

import itertools
import json
import secrets
import urllib.error
import urllib.request
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit


@dataclass
class Answer:
    status: int
    headers: object
    text: str
    url: str

    def json(self):
        return json.loads(self.text)

    def forms(self):
        reader = _Forms()
        reader.feed(self.text)
        return reader.forms

    def form(self, path):
        """The form whose action has this path."""
        return next(form for form in self.forms() if urlsplit(form["action"]).path == path)


class _Forms(HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms = []
        self.select = None

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "form":
            self.forms.append({"action": found.get("action", ""), "attributes": found, "fields": {}})
        elif tag == "input" and self.forms and "name" in found:
            self.forms[-1]["fields"][found["name"]] = found.get("value", "")
        elif tag == "select":
            self.select = found["name"]
        elif tag == "option" and "selected" in found:
            self.forms[-1]["fields"][self.select] = found["value"]


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None


class Visitor:
    def __init__(self, base):
        self.base = base
        self.cookies = {}
        self.set_cookies = []
        self.opener = urllib.request.build_opener(_Stay)

    def cookie_header(self):
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def request(self, method, path, body=None, headers=None, cookies=True):
        headers = dict(headers or {})
        if cookies and self.cookies:
            headers["Cookie"] = self.cookie_header()
        asked = urllib.request.Request(urljoin(self.base, path), data=body, method=method, headers=headers)
        # urllib calls a body without a type a form; an empty type is the nearest to none it sends.
        if body is not None and "Content-Type" not in headers:
            asked.add_unredirected_header("Content-type", "")
        try:
            response = self.opener.open(asked, timeout=120)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            text = response.read().decode()
        self._store(response.headers.get_all("Set-Cookie") or [])
        return Answer(response.status, response.headers, text, path)

    def _store(self, lines):
        self.set_cookies += lines
        for line in lines:
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
            if not self.cookies[name] or "max-age=0" in line.lower():
                del self.cookies[name]

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def own(self, extra=None):
        """The headers a browser adds when the page is the site's own."""
        return {"Origin": self.base, "Sec-Fetch-Site": "same-origin", **(extra or {})}

    def post(self, path, fields, headers=None, method="POST"):
        typed = {"Content-Type": "application/x-www-form-urlencoded", **(self.own() if headers is None else headers)}
        return self.request(method, path, urlencode(fields).encode(), typed)

    def post_json(self, path, value, headers=None):
        return self.request("POST", path, json.dumps(value).encode(), {"Content-Type": "application/json", **self.own(), **(headers or {})})

    def post_multipart(self, path, fields, file, headers=None):
        boundary = secrets.token_hex(12)
        parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{file[0]}"; filename="{file[1]}"\r\n'
                     f"Content-Type: image/png\r\n\r\nnot really\r\n--{boundary}--\r\n")
        typed = {"Content-Type": f"multipart/form-data; boundary={boundary}", **(self.own() if headers is None else headers)}
        return self.request("POST", path, "".join(parts).encode(), typed)

    def post_file(self, path, fields, field, filename, part, times):
        """A form with a file that is the part repeated, sent without holding it."""
        boundary = secrets.token_hex(12)
        head = "".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items())
        head += (f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{filename}"\r\n'
                 "Content-Type: application/octet-stream\r\n\r\n")
        ends = head.encode(), f"\r\n--{boundary}--\r\n".encode()
        body = itertools.chain(ends[:1], itertools.repeat(part, times), ends[1:])
        typed = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Content-Length": str(sum(map(len, ends)) + len(part) * times)}
        return self.request("POST", path, body, {**typed, **self.own()})

    def lines(self, path):
        """The lines of an answer as they arrive."""
        asked = urllib.request.Request(urljoin(self.base, path), headers={"Cookie": self.cookie_header()})
        with self.opener.open(asked, timeout=20) as response:
            for line in response:
                yield line.decode().rstrip("\r\n")

    def submit(self, page, path, **changed):
        """Sends a form of that page as its own button would."""
        form = self.get(page).form(path)
        return self.post(form["action"], {**form["fields"], **changed})

    def log_in(self, username, password):
        self.submit("/login", "/login", username=username, password=password)
        return self
