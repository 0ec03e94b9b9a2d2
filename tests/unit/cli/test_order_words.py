"""What `connector order` says of an order's links, jobs and attempts."""

from datetime import UTC, datetime, timedelta
from typing import Any

from cli.orders.attempt_lines import attempt_lines
from cli.orders.summary import summary
from ledger.orders.life import Cause, Halt, LifeJob, LifeLink, Standing
from schemas.states import JobState

NINE = datetime(2024, 5, 6, 9, tzinfo=UTC)


def attempt(minute: int, flow: str = "looks", message: str = "no news", steps: tuple[str, ...] = ()) -> dict[str, Any]:
    said = {"direction": "export", "flow": flow, "outcome": "done", "message": message, "steps": list(steps)}
    return {"at": NINE + timedelta(minutes=minute), **said, "seconds": 0.5, "requests": 1, "worker": "w"}


def test_attempts_that_say_the_same_one_after_another_are_one_line() -> None:
    told = list(attempt_lines([attempt(0), attempt(1), attempt(2), attempt(3, "shipments", "1 parcel"), attempt(4)]))
    last = "2024-05-06 09:02:00 UTC"
    assert told == [
        f"2024-05-06 09:00:00 UTC  orders.look done: no news, 3 times until {last} (2 s, 3 requests, in all)",
        "2024-05-06 09:03:00 UTC  shipments.export done: 1 parcel (0 s, 1 request, w)",
        "2024-05-06 09:04:00 UTC  orders.look done: no news (0 s, 1 request, w)",
    ]


def test_attempts_with_other_steps_stand_apart() -> None:
    told = list(attempt_lines([attempt(0, steps=("opened a draft",)), attempt(1, steps=("filled it",))]))
    assert [line.strip() for line in told[1::2]] == ["opened a draft", "filled it"]


def link(kind: str, stage: str = "done", number: str | None = None) -> LifeLink:
    codes = dict.fromkeys(("line_id", "epages_id", "tracking_code", "shop_code", "afosto_code"))
    return LifeLink(
        kind=kind,
        stage=stage,
        afosto_id="a-1",
        afosto_number=number,
        quantity=1,
        written_by="epages",
        created_at=NINE,
        **codes,
    )


def job(flow: str, standing: Standing, halted: Halt | None = None) -> LifeJob:
    nothing = ("reason", "message", "resolution", "settled_at", "decision", "decided_by", "decided_at")
    return LifeJob(
        id=1,
        name=f"{flow}.import",
        direction="import",
        flow=flow,
        subject="o-1",
        state=_STATES[standing],
        standing=standing,
        halted=halted,
        cause=Cause.SHOP,
        due_at=NINE,
        created_at=NINE,
        failures=0,
        claims=1,
        **dict.fromkeys(nothing),
    )


_STATES = {
    Standing.DONE: JobState.DONE,
    Standing.DROPPED: JobState.DONE,
    Standing.PERSON: JobState.PARKED,
    Standing.GOES_ON: JobState.WAITING,
    Standing.HELD_BACK: JobState.WAITING,
}


def test_an_order_that_is_carried_over_is_summed_up() -> None:
    links = [
        link("order", "opened", "AF-7"),
        link("parcel", "IN_TRANSIT"),
        link("parcel", "IN_TRANSIT"),
        link("return"),
    ]
    assert list(summary("corner", links, [job("orders", Standing.DONE)], [])) == [
        "It is open in Afosto as order AF-7 (id a-1).",
        "Carried over: 2 parcels (2 in transit), 1 piece returned.",
        "Nothing is left to do.",
    ]


def test_what_is_left_to_do_is_named_first_what_needs_a_person() -> None:
    assert list(summary("corner", [], [job("orders", Standing.GOES_ON), job("returns", Standing.PERSON)], [])) == [
        "It is not in Afosto.",
        "For a person to decide: returns.import.",
        "On its way: orders.import.",
    ]


def test_what_was_dropped_is_not_told_as_nothing_left_to_do() -> None:
    assert list(summary("corner", [], [job("orders", Standing.DONE), job("returns", Standing.DROPPED)], [])) == [
        "It is not in Afosto.",
        "Dropped by a person: returns.import.",
        "So both sides may differ: connector reconcile corner",
    ]


def test_a_job_of_a_flow_that_is_off_is_held_back_and_not_on_its_way() -> None:
    jobs = [job("orders", Standing.GOES_ON), job("returns", Standing.HELD_BACK, Halt.OFF)]
    assert list(summary("corner", [], jobs, ["returns.import"]))[1:] == [
        "On its way: orders.import.",
        "Held back: returns.import. To let it go on: connector store switch corner returns.import on",
    ]


def test_nobody_says_that_nothing_is_left_while_a_flow_is_off() -> None:
    assert list(summary("corner", [], [job("orders", Standing.DONE)], ["returns.import"]))[1:] == [
        "Nothing is left to do for the flows that are on. Off: returns.import.",
        "To see whether these hold something back: connector reconcile corner",
    ]
