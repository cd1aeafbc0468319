"""The composition root, and the only file that knows everybody: settings → store → dialects → one ASGI application."""

import random
from functools import partial
from typing import TYPE_CHECKING

from tillroll import workers
from tillroll.dashboard import described as described_dashboard
from tillroll.dashboard import routes as dashboard
from tillroll.dashboard.routes import Given
from tillroll.dialects import native
from tillroll.dialects.alhena import choices as alhena_choices
from tillroll.dialects.alhena import described as described_alhena
from tillroll.dialects.alhena import routes as alhena
from tillroll.dialects.alhena import sales as alhena_sales
from tillroll.dialects.doofinder import described as described_doofinder
from tillroll.dialects.doofinder import routes as doofinder
from tillroll.dialects.doofinder import sales as doofinder_sales
from tillroll.dialects.emporix import described
from tillroll.dialects.emporix import routes as emporix
from tillroll.dialects.emporix.orders import sales as emporix_sales
from tillroll.dialects.emporix.wire.errors import DIALECT
from tillroll.dialects.http import Door, Route, new_secret, now
from tillroll.dialects.native import witness as native_witness
from tillroll.dialects.native.live.hub import Hub
from tillroll.dialects.openapi import Description
from tillroll.dialects.passwords import Passwords
from tillroll.dialects.published import knowing_fields, knowing_parameters
from tillroll.dialects.scout import described as described_scout
from tillroll.dialects.scout import routes as scout
from tillroll.dialects.scout import sales as scout_sales
from tillroll.domain.times import pin_zones
from tillroll.engine.access.admission import Gates
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.engine.payments.attempts import PaymentTerms
from tillroll.engine.sales.reading import Witnesses
from tillroll.keymaker import open_shop
from tillroll.payments.gateway import Gateway, Patience
from tillroll.payments.stripe.connector import SimulatorConnector, StripeConnector
from tillroll.settings import Settings
from tillroll.store import Store, open_store
from tillroll.webhooks.deliverer import Deliverer
from tillroll.webhooks.sender import Sender

if TYPE_CHECKING:
    from tillroll.simulator.application import Simulator


def build(settings: Settings, store: Store | None = None) -> Door:
    """The server as one ASGI callable, on a database whose schema is up to date."""
    pin_zones()
    store = store or open_store(
        settings.db,
        queue_max=settings.write_queue_max,
        request_seconds=settings.request_seconds,
        wal_bytes_max=settings.wal_bytes_max,
    )
    catalogue = Catalogue()
    gateway, hub = gateway_of(settings, catalogue), Hub(settings.stream_quiet_seconds)
    sender = sender_of(settings)
    descriptions, found = described_routes(settings, catalogue, gateway, (hub, sender))
    routes = knowing_parameters(descriptions, knowing_fields(descriptions, found))
    areas = (*native.AREAS, *emporix.AREAS, *doofinder.AREAS, *alhena.AREAS, *scout.AREAS, *dashboard.AREAS)
    door = Door(store, routes, areas, settings)
    door.run_beside(partial(workers.forget, store, settings, DIALECT))
    door.run_beside(partial(workers.follow, store, witnesses()))
    door.run_beside(partial(workers.reconcile, store, gateway))
    door.run_beside(partial(hub.run, store))
    door.run_beside(partial(Deliverer(sender, now, lambda: random.randint(0, 1_000)).run, store))
    return door


def witnesses() -> Witnesses:
    """Who tells of sales; whose word on money counts first comes first."""
    told = (emporix_sales, native_witness, alhena_sales, scout_sales, doofinder_sales)
    return Witnesses([one.witness() for one in told])


def gateway_of(settings: Settings, catalogue: Catalogue) -> Gateway:
    """Whoever asks payment providers, as the settings say."""
    return Gateway(
        catalogue,
        {"STRIPE": StripeConnector(), "SIMULATOR": SimulatorConnector(_simulator)},
        now,
        terms=PaymentTerms(
            settings.payment_lease_seconds, settings.payment_action_seconds, settings.payment_hold_seconds
        ),
        patience=Patience(
            settings.payment_call_seconds, settings.payment_authorise_seconds, settings.payment_request_seconds
        ),
        public_url=settings.public_url,
    )


def sender_of(settings: Settings) -> Sender:
    """Whoever sends messages to webhook endpoints, as the settings say."""
    return Sender(call_seconds=settings.webhook_call_seconds, private_allowed=settings.webhook_private_targets)


def _simulator() -> "Simulator":
    """The simulator in this process, for payment modes that name no other one."""
    from tillroll.simulator.application import Setup, Simulator  # noqa: PLC0415  only who has such a mode needs it

    return Simulator(Setup(token=new_secret()))


def described_routes(
    settings: Settings,
    catalogue: Catalogue | None = None,
    gateway: Gateway | None = None,
    beside: tuple[Hub, Sender] | None = None,
) -> tuple[list[Description], list[Route]]:
    """What every dialect says of its routes, and all the routes, those that publish it among them."""
    sections = (alhena_choices.choices(),)
    hub, sender = beside or (Hub(), sender_of(settings))
    vendors = [
        described.description(),
        described_doofinder.description(),
        described_alhena.description(),
        described_scout.description(),
        described_dashboard.description(sections),
    ]
    passwords, catalogue = Passwords(settings.password_threads), catalogue or Catalogue()
    routes = [
        *emporix.routes(settings, catalogue, passwords, gateway or gateway_of(settings, catalogue)),
        *doofinder.routes(Gates(), settings),
        *alhena.routes(settings),
        *scout.routes(settings, passwords),
        *dashboard.routes(settings, Given(witnesses(), native_witness.DIALECT, passwords, open_shop, sections)),
    ]
    return [native.description(vendors), *vendors], [
        *native.documented(vendors, routes, witnesses(), (hub, sender.problem)),
        *routes,
    ]
