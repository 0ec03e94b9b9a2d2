"""The store name is found in whatever address of the shop a person pastes, and in no other address."""

import pytest

from sync.connecting.shop_names import store_name

SHOPS = "https://{store}.beyondshop.cloud/api"


@pytest.mark.parametrize(
    "pasted",
    [
        "corner",
        "corner.beyondshop.cloud",
        "https://corner.beyondshop.cloud",
        "  https://corner.beyondshop.cloud/  ",
        "https://Corner.BeyondShop.cloud/cockpit/settings/apps?tab=1#top",
    ],
)
def test_a_pasted_address_gives_the_store_name(pasted: str) -> None:
    assert store_name(pasted, SHOPS) == "corner"


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "two words",
        "https://corner.example/",
        "https://corner.beyondshop.cloud.example/",
        "https://user@corner.beyondshop.cloud/",
        "https://beyondshop.cloud/",
        "-corner",
        "x" * 64,
    ],
)
def test_another_text_gives_none(pasted: str) -> None:
    assert store_name(pasted, SHOPS) is None


def test_a_name_with_dots_is_a_name() -> None:
    assert store_name("shop.v1", SHOPS) == "shop.v1"


def test_the_name_may_stand_in_the_path() -> None:
    assert store_name("http://127.0.0.1:4000/Corner/cockpit", "http://127.0.0.1:4000/{store}/api") == "Corner"


@pytest.mark.parametrize("pasted", ["https://corner.beyondshop.cloud/cockpit/#/apps", "corner.beyondshop.cloud"])
def test_the_address_of_a_cockpit_is_known_where_shops_are_reached_at_another_address(pasted: str) -> None:
    assert store_name(pasted, "http://127.0.0.1:4000/{store}/api") == "corner"
