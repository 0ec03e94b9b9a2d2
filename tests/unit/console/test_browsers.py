"""A browser is called as people call it."""

import pytest
from flask import Flask

from console.access.browsers import browser_name
from console.languages import install

AGENTS = {
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0 Safari/537.36": (
        "Chrome on Linux"
    ),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox on Windows",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML) Chrome/140 Safari/537.36 Edg/140": (
        "Edge on Windows"
    ),
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile/15E1 Safari/604.1": (
        "Safari on iPhone"
    ),
    "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1 CriOS/140.0 Mobile/15E1 Safari/604.1": (
        "Chrome on iPad"
    ),
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1 Version/18.0 Safari/605.1": "Safari on macOS",
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36": (
        "Samsung Internet on Android"
    ),
    "curl/8.5.0": "curl/8.5.0",
    "Opera/9.80 OPR/1": "Opera",
    "": "Unknown",
}


@pytest.mark.parametrize("agent", AGENTS)
def test_a_browser_has_the_name_that_people_know(agent: str) -> None:
    app = Flask("test")
    install(app)
    with app.test_request_context():
        assert browser_name(agent) == AGENTS[agent]


def test_what_is_not_known_is_shown_from_its_beginning_only() -> None:
    app = Flask("test")
    install(app)
    with app.test_request_context():
        assert len(browser_name("x" * 300)) <= 41
