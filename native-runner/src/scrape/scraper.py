"""The scraper in Python: the same frames, questions and answers as the runner's own, with Python's own library.

Like that one it goes as deep as the page does, and remembers what it has read.
"""

import codecs
import gzip
import html.parser
import http.client
import json
import os
import re
import struct
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import urllib.robotparser

AGENT = "breakeven (compares worker threads and child processes; one page at a time)"
REDIRECTS = 5
NAMED = 100
HIDDEN = {"head", "script", "style", "noscript", "template", "title"}
# Elements that have no end.
VOID = set("area base br col embed hr img input link meta source track wbr".split())

read = {}
rules = {}


class Refused(Exception):
    pass


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


# Without proxies: they would go where this does not look.
OPENER = urllib.request.build_opener(NoRedirect, urllib.request.ProxyHandler({}))


def get(url, ask, may):
    """Goes where it is sent, if it may: each address on the way must pass `may` first."""
    until = time.monotonic() + ask["seconds"]
    for redirects in range(REDIRECTS + 1):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https"):
            raise Refused(f"{parts.scheme} is fetched over http and https alone")
        origin = f"{parts.scheme}://{parts.netloc}"
        if ask["reach"] == "public":
            raise Refused("this child goes to the built-in site alone")
        if isinstance(ask["reach"], dict) and origin != ask["reach"]["site"]:
            raise Refused(f"{origin} is not the built-in site, and nothing else may be fetched")
        may(url, origin)
        headers = {"User-Agent": AGENT, "Accept": "text/html,application/xhtml+xml;q=0.9", "Accept-Encoding": "gzip"}
        request = urllib.request.Request(url, headers=headers)
        try:
            with OPENER.open(request, timeout=max(0.1, until - time.monotonic())) as response:
                source = response
                if response.headers.get("Content-Encoding") == "gzip":
                    source = gzip.GzipFile(fileobj=response)
                pieces, length = [], 0
                while piece := source.read(65536):
                    pieces.append(piece)
                    length += len(piece)
                    if length > ask["bytes"]:
                        raise ValueError(f"it goes on after {ask['bytes'] >> 10} KiB, which are all that are read")
                    if time.monotonic() > until:
                        raise TimeoutError
                return url, redirects, response.headers.get("Content-Type"), b"".join(pieces)
        except urllib.error.HTTPError as why:
            target = why.headers.get("Location")
            if 300 <= why.code < 400 and target:
                url = urllib.parse.urljoin(url, target)
                continue
            raise ValueError(f"the server answers {why.code}") from None
    raise ValueError(f"it sends one elsewhere more than {REDIRECTS} times")


def ask_robots(url, origin, ask):
    """Asks the site of an address about it, unless the site was asked before."""
    if origin not in rules:
        parser = urllib.robotparser.RobotFileParser()
        try:
            text = get(f"{origin}/robots.txt", ask, lambda *_: None)[3].decode("utf-8", "replace")
        except ValueError as why:
            if re.search("answers [35]", str(why)):
                raise Refused("the site cannot say what may be fetched") from None
            if "answers 4" not in str(why):
                raise
            text = ""
        parser.parse(text.splitlines())
        rules[origin] = parser
    if not rules[origin].can_fetch("breakeven", url):
        raise Refused("the site's robots.txt does not want it fetched")


def charset_in(text):
    found = re.search(r"charset=[\"']?([^\"'\s;>/]+)", text or "", re.I)
    return found and found[1]


# The Encoding Standard's names; what it calls ISO-8859-1 and ASCII are windows-1252.
NAMES = {"cp1252": "windows-1252", "iso8859-1": "windows-1252", "ascii": "windows-1252", "shift_jis": "Shift_JIS"}


def known(name):
    try:
        name = name and codecs.lookup(name).name
    except LookupError:
        return None
    return name and ("cp1252" if name in ("iso8859-1", "ascii") else name)


def decode(data, kind):
    marks = [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")]
    for mark, name in marks:
        if data.startswith(mark):
            return data[len(mark):].decode(name, "replace"), name.upper().replace("-LE", "LE").replace("-BE", "BE")
    start = data[:1024].decode("latin-1")
    meta = re.search("<meta", start, re.I)
    name = known(charset_in(kind)) or (meta and known(charset_in(start[meta.start():])))
    if not name:
        try:
            return data.decode("utf-8"), "UTF-8"
        except UnicodeDecodeError:
            name = "cp1252"
    return data.decode(name, "replace"), NAMES.get(name, name.upper())


class Node:
    __slots__ = ("name", "attributes", "children")

    def __init__(self, name, attributes=()):
        self.name, self.attributes, self.children = name, dict(attributes), []


class Tree(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.root = Node("")
        self.open = [self.root]

    def handle_starttag(self, name, attributes):
        node = Node(name, attributes)
        self.open[-1].children.append(node)
        if name not in VOID:
            self.open.append(node)

    def handle_startendtag(self, name, attributes):
        self.open[-1].children.append(Node(name, attributes))

    def handle_endtag(self, name):
        for at in range(len(self.open) - 1, 0, -1):
            if self.open[at].name == name:
                del self.open[at:]
                return

    def handle_data(self, data):
        self.open[-1].children.append(data)


def plain(text):
    return " ".join(text.split())[:300]


def text_of(node):
    return node if isinstance(node, str) else "".join(map(text_of, node.children))


def walk(node, page):
    """What a reader sees, from here on down."""
    for child in node.children:
        if isinstance(child, str):
            for word in child.split():
                page["text"]["words"] += 1
                page["text"]["characters"] += len(word)
                page["text"]["longest_word"] = max(page["text"]["longest_word"], len(word))
        elif child.name not in HIDDEN:
            if re.fullmatch("h[1-6]", child.name) and len(page["headings"]) < NAMED:
                page["headings"].append({"level": int(child.name[1]), "text": plain(text_of(child))})
            walk(child, page)


def elements(root):
    """Every element, in the document's order; this one does not call itself."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(child for child in reversed(node.children) if not isinstance(child, str))


def digest(root, url):
    text = {"words": 0, "characters": 0, "longest_word": 0}
    page = {"url": url, "title": None, "description": None, "headings": [], "text": text}
    walk(root, page)
    base, links, targets = url, set(), []
    for node in elements(root):
        if node.name == "title" and page["title"] is None:
            page["title"] = plain(text_of(node))
        elif node.name == "base" and node.attributes.get("href"):
            base = urllib.parse.urljoin(url, node.attributes["href"])
        elif node.name == "a" and node.attributes.get("href") is not None:
            targets.append(node.attributes["href"])
        elif node.name == "meta" and (node.attributes.get("name") or "").lower() == "description":
            page["description"] = page["description"] or plain(node.attributes.get("content") or "")
    for target in targets:
        try:
            link = urllib.parse.urldefrag(urllib.parse.urljoin(base, target.strip()))[0]
        except ValueError:
            continue
        if link.startswith(("http:", "https:")):
            links.add(link)
    page["links"], page["link_count"] = sorted(links)[:NAMED], len(links)
    return page


def scrape(ask):
    try:
        url, redirects, kind, data = get(ask["url"], ask, lambda *at: ask["robots"] and ask_robots(*at, ask))
        if kind and kind.split(";")[0].strip().lower() not in ("text/html", "application/xhtml+xml"):
            raise ValueError(f"no HTML but {kind}")
    except Refused as why:
        return {"refused": str(why)}
    except TimeoutError:
        return {"failed": f"it took longer than {ask['seconds']} s"}
    except (OSError, ValueError, http.client.HTTPException) as why:
        if isinstance(getattr(why, "reason", None), TimeoutError):
            return {"failed": f"it took longer than {ask['seconds']} s"}
        return {"failed": str(why)}
    text, charset = decode(data, kind)
    tree = Tree()
    tree.feed(text)
    tree.close()
    page = digest(tree.root, url)
    page.update(redirects=redirects, charset=charset, html_bytes=len(data))
    read[ask["url"]] = tree.root
    return {"page": page}


def main():
    inlet, outlet = sys.stdin.buffer, sys.stdout.buffer

    def say(kind, body=b"", process=0):
        outlet.write(struct.pack("<4sIQI28x", b"BEv1", kind, len(body), process) + body)
        outlet.flush()

    say(1, process=os.getpid())
    while header := inlet.read(48):
        length = struct.unpack_from("<Q", header, 8)[0]
        ask = json.loads(inlet.read(length))
        say(13, json.dumps({"number": ask["number"], "answer": scrape(ask)}).encode())


main()
