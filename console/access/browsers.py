"""The name of a browser and its system, as people call them, from what the browser says of itself."""

from flask_babel import gettext

from schemas.wording.display import cut

# What the browser says of itself → its name. The first that fits: each one after it claims to be Safari, too.
_BROWSERS = (
    (("Edg/", "EdgA/", "EdgiOS/"), "Edge"),
    (("OPR/", "OPT/"), "Opera"),
    (("SamsungBrowser/",), "Samsung Internet"),
    (("Vivaldi/",), "Vivaldi"),
    (("Firefox/", "FxiOS/"), "Firefox"),
    (("Chrome/", "CriOS/", "Chromium/"), "Chrome"),
    (("Safari/",), "Safari"),
)
# An iPhone says that it is like Mac OS X, and Android that it is a Linux.
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_LONGEST = 40


def browser_name(agent: str) -> str:
    """Return such as "Firefox on Windows"; of one that is not known the beginning of what it says of itself."""
    browser = next((name for marks, name in _BROWSERS if any(mark in agent for mark in marks)), None)
    system = next((name for mark, name in _SYSTEMS if mark in agent), None)
    if browser and system:
        return gettext("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or cut(agent, _LONGEST) or gettext("Unknown")
