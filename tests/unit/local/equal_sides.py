"""An order whose states in the shop and in Afosto agree: all that can happen to it on either side, and who did it."""

from typing import Any

from local.proof.compare import Report, compare
from local.proof.report import DEFAULT_SETTINGS, ProofSettings

Document = dict[str, Any]
STATES = ("unshipped", "pending", "shipped", "delivered", "returned", "broken", "canceled")
UNITS = ("RESTOCKED", "RETURNED", "OPEN", "CANCELLED", "CANCELLED", "RESTOCKED", "REJECTED", "RETURNED", "OPEN", "OPEN")
PARCELS = ("T1", "T1", "T1", None, None, "T2", "T2", "T2", "T2", None)


def line(**states: int) -> Document:
    return {"id": "L1", "sku": "SKU-1", "ordered": 10, "price": "10.00"} | dict.fromkeys(STATES, 0) | states


def part(quantity: int, status: str | None = None) -> Document:
    return {"line": "L1", "quantity": quantity, "status": status}


def process(by: str, name: str, status: str, code: str | None, quantity: int, kind: str = "shippings") -> Document:
    rest = {"id": name, "kind": kind, "status": status, "tracking_code": code, "brought_by": None}
    return rest | {"by": by, "lines": [part(quantity)]}


def shop_cause(by: str, action: str, name: str | None = None, *parts: Document) -> Document:
    return {"by": by, "action": action, "order": "O1", "process": name, "lines": list(parts)}


def afosto_cause(by: str, action: str, *units: int, parcel: str | None = None) -> Document:
    return {"by": by, "action": action, "order": "A1", "units": [f"U{n}" for n in units], "parcel": parcel}


def return_of(process_id: str, name: str, *parts: Document) -> Document:
    back = process("connector", name, "", None, 0, "returns")
    return back | {"status": None, "brought_by": process_id, "lines": list(parts)}


def unit(number: int, progress: str = "OPEN", parcel: str | None = None) -> Document:
    rest = {"progress": progress, "step": None, "parcel": parcel}
    return {"id": f"U{number}", "sku": "SKU-1", "line_ref": "L1"} | rest


def parcel(name: str, status: str, code: str | None, *units: int) -> Document:
    return {"id": name, "status": status, "track_trace_code": code, "units": [f"U{n}" for n in units]}


class Pair:
    """Ten pieces of one line.

    One was canceled by the shop, one by Afosto. The shop sent three, of which one came back whole and one broken.
    Afosto sent four, of which one was restocked, one refused and one accepted but not restocked. One is left.
    """

    def __init__(self) -> None:
        self.shop: Document = {
            "id": "O1",
            "number": "10001",
            "test": False,
            "pickup": False,
            "canceled": False,
            "payment_status": "PAID",
            "refund_policy": "PARTIAL_REFUND",
            "currency": "EUR",
            "grand_total": "80.00",
            "lines": [line(unshipped=1, shipped=4, delivered=3, canceled=2, returned=3, broken=2)],
            "processes": [
                process("shop", "P1", "DELIVERED", "LZ1", 3),
                process("connector", "P2", "SHIPPED", "AF1", 4),
                return_of("P2", "R2", part(2, "RETURNED")),
                return_of("P2", "R3", part(1, "BROKEN")),
            ],
        }
        self.shop_causes = [
            shop_cause("shop", "sell"),
            shop_cause("shop", "cancel", "C1", part(1)),
            shop_cause("connector", "cancel", "C2", part(1)),
            shop_cause("connector", "refund"),
            shop_cause("shop", "return", "R1", part(1, "RETURNED"), part(1, "BROKEN")),
            shop_cause("connector", "mail", "P2"),
            shop_cause("connector", "return", "R2", part(2, "RETURNED")),
            shop_cause("connector", "return", "R3", part(1, "BROKEN")),
        ]
        self.order: Document = {
            "id": "A1",
            "number": "1001",
            "status": "OPEN",
            "reference": "berlin/O1",
            "total": 8000,
            "meta_data": {"units": {"L1": 10}},
            "units": [unit(n, word, parcel) for n, (word, parcel) in enumerate(zip(UNITS, PARCELS, strict=True))],
            "parcels": [parcel("T1", "DELIVERED", "LZ1", 0, 1, 2), parcel("T2", "IN_TRANSIT", "AF1", 5, 6, 7, 8)],
        }
        self.afosto_causes = [
            afosto_cause("connector", "ship", 0, 1, 2, parcel="T1"),
            afosto_cause("connector", "cancel", 3),
            afosto_cause("connector", "receive", 0, 1),
            afosto_cause("afosto", "cancel", 4),
            afosto_cause("afosto", "ship", 5, 6, 7, 8, parcel="T2"),
            afosto_cause("afosto", "receive", 5, 6),
            afosto_cause("afosto", "receive", 7),
        ]

    def bare(self, ordered: int, **shop: Any) -> "Pair":
        """The same order with so many pieces and nothing that happened to it."""
        self.shop |= {"lines": [line(unshipped=ordered) | {"ordered": ordered}], "processes": [], **shop}
        self.order |= {"units": [unit(n) for n in range(ordered)], "parcels": []}
        self.order |= {"meta_data": {"units": {"L1": ordered}}}
        self.shop_causes, self.afosto_causes = [], []
        return self

    def units(self, *progress: str, parcel: str | None = None) -> None:
        """Let the units have come to this, in this parcel."""
        self.order["units"] = [unit(number, word, parcel) for number, word in enumerate(progress)]

    def report(self, settings: ProofSettings = DEFAULT_SETTINGS, held: list[Document] | None = None) -> Report:
        """The proof of this pair; `held` are the orders in Afosto, by default the pair's own."""
        report = Report()
        orders = [self.order] if held is None else held
        causes = {"berlin": self.shop_causes}
        compare(report, {"berlin": [self.shop]}, orders, causes, self.afosto_causes, settings)
        return report

    def kinds(self, settings: ProofSettings = DEFAULT_SETTINGS, held: list[Document] | None = None) -> list[str]:
        """The kinds of difference that the proof finds."""
        return [difference.kind for difference in self.report(settings, held).differences]
