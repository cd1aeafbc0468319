"""The figures of a run as a table for people and as one JSON document for scripts."""

from collections.abc import Callable, Sequence
from statistics import median

import msgspec

from tillroll.bench.layers import Cost, Profile
from tillroll.bench.measure import Figure, Outcome, Report
from tillroll.bench.sales import SalesReport

_COSTS_SHOWN = 12


def as_json(report: Report) -> bytes:
    """Everything, with the medians and ratios that the table shows."""
    document = msgspec.to_builtins(report)
    document["failures"] = report.failures
    document["summary"] = {
        _name(outcome): {
            "checkouts_per_second": _median(_checkouts(outcome)),
            "empty_per_second": _median(_empties(outcome)),
            "ratios": [one.ratio for one in outcome.rounds],
            "ratio": median(one.ratio for one in outcome.rounds),
            "half_load_p99_ms": outcome.half_load.p99_ms,
        }
        for outcome in report.outcomes
    }
    if report.events is not None:
        document["summary"]["events"] = {
            "per_second": _median([one.event for one in report.events.rounds]),
            "ratio": median(one.ratio for one in report.events.rounds),
        }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def as_text(report: Report) -> str:
    """The tables."""
    machine = report.machine
    lines = [
        f"{machine.processor}, {machine.cores} cores, {machine.system}, Python {machine.python}; "
        f"an fsync of 4 KiB takes {machine.fsync_us} µs",
        f"{report.scale.rounds} round(s) of {report.scale.orders_per_round} checkouts over "
        f"{report.scale.connections} connections, the first tenth not counted",
        "",
        f"{'requests per second':<36}{'median':>9}{'min':>9}{'max':>9}{'ratio':>8}{'p50 ms':>9}{'p99 ms':>9}"
        f"{'server µs':>11}{'cores:':>8}{'server':>8}{'database':>10}{'generator':>11}",
    ]
    empties = [one.empty for outcome in report.outcomes for one in outcome.rounds]
    lines.append(_line("empty endpoint, the same request", empties))
    lines.append(_line("empty endpoint, a tiny request", report.empty_tiny))
    for outcome in report.outcomes:
        ratio = median(one.ratio for one in outcome.rounds)
        lines.append(_line(f"checkouts, {_name(outcome)}", _checkouts(outcome), ratio))
    if report.events is not None:
        rounds = report.events.rounds
        ratio = median(one.ratio for one in rounds)
        lines.append(_line("empty endpoint, an event's request", [one.empty for one in rounds]))
        lines.append(_line("durable single events, sqlite", [one.event for one in rounds], ratio))
    lines += ["", f"{'at half of that':<36}{'rate':>9}{'p50 ms':>35}{'p99 ms':>9}"]
    for outcome in report.outcomes:
        half = outcome.half_load
        name = f"checkouts, {_name(outcome)}"
        lines.append(f"{name:<36}{half.per_second:>9,.0f}{half.p50_ms:>35.2f}{half.p99_ms:>9.2f}")
    lines.append("")
    for outcome in report.outcomes:
        ratios = ", ".join(f"{one.ratio:.4f}" for one in outcome.rounds)
        audit = "passed" if outcome.audit_status == 0 else f"FAILED ({outcome.audit_status})"
        lines.append(
            f"{_name(outcome)}: ratio per round {ratios}; {outcome.answered_200} acknowledged, "
            f"{outcome.orders} orders, {outcome.answered_otherwise} refused, audit {audit}"
        )
    lines += [f"skipped: {one}" for one in report.skipped]
    lines += [f"FAILED: {one}" for one in report.failures]
    if report.profile is not None:
        lines += ["", *_profile(report, report.profile)]
    return "\n".join(lines)


def sales_as_json(report: SalesReport) -> bytes:
    """Everything that a run about sales found."""
    document = msgspec.to_builtins(report)
    document["failures"] = report.failures
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def sales_as_text(report: SalesReport) -> str:
    """The tables of a run about sales."""
    machine = report.machine
    lines = [f"{machine.processor}, {machine.cores} cores, {machine.system}, Python {machine.python}"]
    for one in report.databases:
        cost = median(each.cpu_seconds / each.events * 1e6 for each in one.rounds)
        single = median(each.single.server_us for each in one.rounds)
        ratios = [each.ratio for each in one.rounds]
        lines += [
            "",
            f"{one.database}: {one.events[0]:,} events, {one.sales[0]:,} sales",
            f"  sales of {median(each.per_second for each in one.rounds):,.0f} events/s, "
            f"{median(ratios):.2f} times durable single events ({', '.join(f'{ratio:.2f}' for ratio in ratios)}); "
            f"{cost:.0f} µs of processor time each, {single:.0f} µs a single event",
            f"  a rebuild takes {one.rebuilt.seconds:,.0f} s and {one.rebuilt.peak_mib:,.0f} MiB at the most",
            f"  {'report, one client':<30}{'p50 ms':>9}{'p99 ms':>9}{'server ms':>11}"
            f"{f'p50 ms at {one.events[1]:,}':>24}{'growth':>9}",
        ]
        for name, (first, last) in one.reports.items():
            growth = last.p50_ms / first.p50_ms
            lines.append(
                f"  {name:<30}{first.p50_ms:>9.1f}{first.p99_ms:>9.1f}{first.server_us / 1000:>11.1f}"
                f"{last.p50_ms:>24.1f}{growth:>9.2f}"
            )
    lines += [f"skipped: {one}" for one in report.skipped]
    lines += [f"FAILED: {one}" for one in report.failures]
    return "\n".join(lines)


def _name(outcome: Outcome) -> str:
    return f"{outcome.database}, {outcome.workers} worker" + ("s" if outcome.workers > 1 else "")


def _checkouts(outcome: Outcome) -> list[Figure]:
    return [one.checkout for one in outcome.rounds]


def _empties(outcome: Outcome) -> list[Figure]:
    return [one.empty for one in outcome.rounds]


def _median(figures: Sequence[Figure]) -> float:
    return median(figure.per_second for figure in figures)


def _line(name: str, figures: Sequence[Figure], ratio: float | None = None) -> str:
    rates = [figure.per_second for figure in figures]
    shares = [f"{min(rates):>9,.0f}", f"{max(rates):>9,.0f}", f"{ratio:>8.4f}" if ratio is not None else " " * 8]

    def middle(value: Callable[[Figure], float]) -> float:
        return median(value(figure) for figure in figures)

    database = f"{middle(lambda one: one.database_cores or 0):>10.2f}" if figures[0].database_cores else " " * 10
    return (
        f"{name:<36}{median(rates):>9,.0f}{''.join(shares)}{middle(lambda one: one.p50_ms):>9.2f}"
        f"{middle(lambda one: one.p99_ms):>9.2f}{middle(lambda one: one.server_us):>11.0f}"
        f"{middle(lambda one: one.server_cores):>16.2f}{database}"
        f"{middle(lambda one: one.generator_cores):>11.2f}"
    )


def _profile(report: Report, profile: Profile) -> list[str]:
    """One checkout by layer, from the inside out: what the route costs alone, HTTP, and the rest of the server.

    The route's layers are wall time, the waits for the disk included; what is compared with the whole server is
    processor time.
    """
    empties = [one.empty for outcome in report.outcomes for one in outcome.rounds]
    http = median(figure.server_us for figure in empties)
    whole = median(figure.server_us for figure in _checkouts(report.outcomes[0]))
    rest = whole - http - profile.cpu_us_per_checkout
    lines = [f"{'the route alone, SQLite, ' + str(profile.batch) + ' per commit':<44}{'µs':>8}{'share':>8}"]
    lines += [_cost(one, profile.us_per_checkout) for one in profile.layers]
    lines.append(_cost(Cost("one checkout without HTTP", profile.us_per_checkout), profile.us_per_checkout))
    lines += ["", f"{'processor time of the whole server':<44}{'µs':>8}{'share':>8}"]
    lines.append(_cost(Cost("HTTP (the empty endpoint)", http), whole))
    lines.append(_cost(Cost("the route", profile.cpu_us_per_checkout), whole))
    lines.append(_cost(Cost("door, queue, hand-over between threads", rest), whole))
    lines.append(_cost(Cost("one checkout", whole), whole))
    for title, costs in (("by function, C code below it included", profile.functions), ("by query", profile.queries)):
        lines += ["", f"{title:<56}{'µs':>8}"]
        lines += [f"  {one.name:<54}{one.us:>8.1f}" for one in costs[:_COSTS_SHOWN]]
    return lines


def _cost(cost: Cost, whole: float) -> str:
    return f"  {cost.name:<42}{cost.us:>8.1f}{cost.us / whole:>8.0%}"
