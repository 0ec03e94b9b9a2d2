import pytest

from sync.connecting.vendor_pages import afosto_page, cockpit_page


def test_the_cockpit_is_on_the_shops_own_host() -> None:
    assert cockpit_page("https://corner.beyondshop.cloud/api") == "https://corner.beyondshop.cloud/cockpit"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8801/corner/api",
        "http://corner.beyondshop.cloud/api",
        "https://corner.beyondshop.cloud.example.com/api",
        "https://example.com/corner.beyondshop.cloud",
        "javascript:alert(1)//.beyondshop.cloud",
    ],
)
def test_no_cockpit_is_made_up_for_other_hosts(url: str) -> None:
    assert cockpit_page(url) is None


def test_afostos_pages_belong_to_afostos_own_api_only() -> None:
    assert afosto_page("https://afosto.app/graphql") == "https://admin.afosto.app"
    assert afosto_page("http://127.0.0.1:8802/graphql") is None
    assert afosto_page("https://afosto.app.example.com/graphql") is None
