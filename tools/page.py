"""What a person would read of what a host answered: Markdown, title, date, language."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from nomoat.memory.errors import NomoatError
from nomoat.tools.errors import Failed
from nomoat.tools.guard.net import Fetched

MAX_HTML = 2_000_000
"""Characters of a page that are looked at: extraction takes about 4 seconds a million."""
MAX_LINKS = 25

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_TEXT = frozenset(
    {"application/xml", "application/javascript", "application/x-yaml", "application/yaml"}
)
_ELSEWHERE = "Look for a web page or a PDF about it."


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it is read."""

    url: str
    text: str
    """Markdown, or plain text."""
    title: str = ""
    date: str = ""
    """ISO 8601, where the page says one."""
    language: str = ""
    tables: str = ""
    """What of its tables can be asked in SQL, where some can."""

    def heading(self) -> str:
        """Title, date and language in a line, the address in another."""
        said = " · ".join(filter(None, (self.title, self.date, self.language)))
        return f"{said}\n{self.url}" if said else self.url


def read_page(fetched: Fetched) -> Page:
    """What there is to read, by what it says it is and what it looks like.

    Raises:
        Failed: it is no text, or there is none in it.
    """
    page = _reader(fetched)(fetched)
    if not page.text.strip():
        raise Failed(
            "The page holds no text that can be read.",
            hint="It may be images or need a browser's scripts. " + _ELSEWHERE,
        )
    return page


def _reader(fetched: Fetched) -> Callable[[Fetched], Page]:
    kind, start = fetched.media_type, fetched.body[:1024].lstrip()
    if start.startswith(b"%PDF-"):
        return _pdf
    if b"\0" in start and not fetched.charset.lower().startswith("utf-16"):
        raise _unreadable(kind or "binary data")
    if kind in _HTML or (not kind and start.startswith(b"<")):
        return _html
    if kind == "application/json" or kind.endswith("+json"):
        return _json
    if not kind or kind.startswith("text/") or kind in _TEXT or kind.endswith("+xml"):
        return _plain
    raise _unreadable(kind)


def _unreadable(kind: str) -> Failed:
    return Failed(f"This is {kind[:60]}, which cannot be read here.", hint=_ELSEWHERE)


def _plain(fetched: Fetched) -> Page:
    return Page(fetched.url, fetched.text.replace("\r\n", "\n"))


def _json(fetched: Fetched) -> Page:
    try:
        text = json.dumps(json.loads(fetched.text), ensure_ascii=False, indent=1)
    except (ValueError, RecursionError):
        text = fetched.text
    return Page(fetched.url, text)


def _pdf(fetched: Fetched) -> Page:
    """Read in a child process with limits of its own: a PDF can be a bomb."""
    from nomoat.memory.load import Limits, parse_safely

    with tempfile.TemporaryDirectory(prefix="nomoat-") as folder:
        path = Path(folder, "page.pdf")
        path.write_bytes(fetched.body)
        try:
            document = parse_safely(path, name=fetched.url, limits=Limits(seconds=20, output_mb=8))
        except NomoatError as error:
            raise Failed(f"The PDF cannot be read: {error}", hint=_ELSEWHERE) from None
    texts: list[str] = []
    page = 0
    for block in document.blocks:
        if block.span and block.span.first != page:
            page = block.span.first
            texts.append(f"## Page {page}")
        texts.append(block.text)
    return Page(fetched.url, "\n\n".join(texts), document.title, document.date)


def _html(fetched: Fetched) -> Page:
    import trafilatura

    html = fetched.text[:MAX_HTML]
    found = trafilatura.extract_with_metadata(
        _framed(html),
        url=fetched.url,
        output_format="markdown",
        include_links=True,
        include_formatting=True,
        include_comments=False,
        prune_xpath="//nav",  # where it leads stands among the other links
    )
    text = (found.text if found else "") or ""
    if text.startswith("---\n"):  # the metadata, which stand in the heading
        text = text.partition("\n---\n")[2].lstrip("\n")
    text = text or trafilatura.html2txt(html)
    if len(fetched.text) > MAX_HTML:
        text += f"\n\n[Only the first {MAX_HTML:,} characters of this page were read.]"
    links = _links(html, fetched.url, text)
    if links:
        text += "\n\n## Other links on this page\n\n" + "\n".join(links)
    language = re.search(r"<html[^>]{0,500}?\blang\s*=\s*[\"']?([a-zA-Z-]{2,10})", html[:10_000])
    return Page(
        fetched.url,
        text,
        title=" ".join(((found.title if found else "") or "").split())[:200],
        date=(found.date if found else "") or "",
        language=language[1] if language else "",
    )


def _framed(html: str) -> Any:
    """The page with a `main` around all of its body, where it does not say what its main part is.

    Outside of such a part trafilatura looks for paragraphs only: headings and lists are lost.
    """
    from trafilatura import load_html

    tree = load_html(html)
    if tree is None:
        return html
    body = tree.find(".//body")
    if body is not None and not tree.xpath("//main | //article | //*[@role='main']"):
        main = body.makeelement("main")
        main.text, body.text = body.text, None
        main.extend(list(body))
        body.append(main)
    return tree


def _links(html: str, url: str, text: str) -> list[str]:
    """Where the page leads, beyond what its main text links to: to go on from there."""
    from trafilatura import load_html

    tree = load_html(html)
    links: dict[str, str] = {}
    for anchor in tree.iter("a") if tree is not None else ():
        name = " ".join("".join(anchor.itertext()).split())[:80]
        try:
            target = urljoin(url, (anchor.get("href") or "").strip()).partition("#")[0]
        except ValueError:
            continue
        known = target in links or f"]({target})" in text or target == url.partition("#")[0]
        if name and target.startswith(("http://", "https://")) and not known:
            links[target] = f"- [{name}]({target})"
        if len(links) >= MAX_LINKS:
            break
    return list(links.values())
