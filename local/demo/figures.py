"""The figures under the demo's proof: the traffic, and how long a change took from Afosto to the shop."""

from collections.abc import Iterator
from itertools import chain

from local.demo.latency import Percentiles, by_source, read_latencies
from local.demo.result import Figure
from local.demo.simulation import Simulation
from local.proof.compare import Report

TRAFFIC = "traffic"
LATENCY = "latency, Afosto → shop: p50 / p95 / p99"
NOTE = (
    "These seconds are the demo's: both vendors and all processes share a machine, a\n"
    "shop answers slowly, answers and webhooks are lost on purpose. Without losses:\n"
    "export_latency in docs/figures.md."
)


def figures(simulation: Simulation, report: Report) -> Iterator[Figure]:
    """Yield (group, name, figure) as texts that are ready to be shown."""
    yield from _traffic(simulation, report)
    found = chain.from_iterable(
        read_latencies(simulation.epages, simulation.afosto, [shop.name for shop in merchant.shops], merchant.tenant)
        for merchant in simulation.merchants
    )
    for source, seconds in by_source(found).items():
        yield LATENCY, source, _seconds(seconds)


def _traffic(simulation: Simulation, report: Report) -> Iterator[Figure]:
    tenants = [merchant.tenant for merchant in simulation.merchants]
    opened = [c["at"] for tenant in tenants for c in simulation.afosto.causes(tenant) if c["action"] == "open_order"]
    seconds = (max(opened) - min(opened)) / 1000 if opened else 0.0
    orders = max(1, report.counts["opened"])
    shops = sum(int(simulation.epages.stats(shop.name)["total"]) for shop in simulation.shops)
    afosto = sum(int(simulation.afosto.stats(tenant)["total"]) for tenant in tenants)
    yield TRAFFIC, "orders per second", f"{len(opened) / seconds:.1f}" if seconds else "–"
    yield TRAFFIC, "requests per order to the shops", f"{shops / orders:.1f}"
    yield TRAFFIC, "requests per order to Afosto", f"{afosto / orders:.1f}"
    renamed = sum(item["renamed"] for shop in simulation.shops for item in simulation.epages.stock(shop.name))
    yield TRAFFIC, "products renamed, swapped or replaced", str(renamed)


def _seconds(found: Percentiles) -> str:
    if not found.count:
        return "–"
    return f"{found.p50:.1f} / {found.p95:.1f} / {found.p99:.1f} s ({found.count} actions)"
