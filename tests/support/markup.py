"""HTML taken apart: its elements, its text, and whether all of it is closed."""

from html.parser import HTMLParser

VOID = frozenset(["br", "hr", "img", "input", "link", "meta"])


class Parsed(HTMLParser):
    """A page read strictly: what is opened must be closed, in the right order.

    Attributes
    ----------
    elements : list of (str, dict)
        The names of the elements and their attributes.
    text : str
        All text outside of the head's style, with ``|`` behind each cell of a table.
    """

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.elements, self.text, self._open = [], "", []
        self.feed(page)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"<{tag}> has an attribute twice"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag, f"</{tag}> closes another element"
        if tag in ("td", "th"):
            self.text += "|"

    def handle_data(self, data):
        if self._open[-1:] != ["style"]:
            self.text += data

    def all(self, tag):
        """The attributes of all elements of a name."""
        return [attributes for name, attributes in self.elements if name == tag]
