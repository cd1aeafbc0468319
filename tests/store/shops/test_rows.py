"""The columns of the queries about shops are those that they are read by."""

from tests.store.columns import Fits, misfits
from tillroll.store import Store
from tillroll.store.shops.audits import AuditRow
from tillroll.store.shops.members import Invitation, Member, Membership
from tillroll.store.shops.rows import RemovedShop, ShopHoldings, ShopRow

FITS: Fits = {
    "currency_of_shop": ("currency",),
    "holdings_of_shop": ShopHoldings,
    "is_any_shop_there": ("shops",),
    "members_of_shop": Member,
    "removed_shops": RemovedShop,
    "role_of_member": ("role",),
    "shop_audit": AuditRow,
    "setup_link": ("expires_at",),
    "shop_settings": ("settings",),
    "shops": ShopRow,
    "invitation": ("shop", *Invitation.__struct_fields__),
    "invitations_of_shop": Invitation,
    "shops_of_member": Membership,
}


def test_every_query_returns_what_it_is_read_by(store: Store, database_url: str) -> None:
    assert misfits(database_url, "shops", FITS) == []
