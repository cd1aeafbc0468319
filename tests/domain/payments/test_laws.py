"""Whatever a provider says, in whatever order: entries add up, nothing is left on the accounts of what is over, and no
more is taken than was held."""

import msgspec
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from tillroll.domain.payments import books
from tillroll.domain.payments.attempt import (
    CAPTURE_WISH,
    DECLINED_WISH,
    FINAL,
    WITHOUT_MONEY,
    Ask,
    PaymentAttempt,
    State,
    judge,
    judge_trouble,
    moved_on,
)
from tillroll.domain.payments.provider import ProviderPayment, Stage, Trouble, TroubleKind

NOW, AMOUNT = 1_700_000_000_000_000, 1190
VALUES = (
    *("acme", "a", "some", "EON1", "cart", "card", "SIMULATOR", "EUR", AMOUNT, AMOUNT, "tok", 1, "PLANNED", 1, 0),
    *(None, None, None, None, 0, 0, 0, 0, None, None, None, "", NOW + 10**9, NOW + 10**9, NOW, 0, NOW, NOW),
)
ATTEMPT = msgspec.convert(dict(zip(PaymentAttempt.__struct_fields__, VALUES, strict=True)), PaymentAttempt)
payments = some.builds(
    ProviderPayment,
    id=some.just("pi"),
    stage=some.sampled_from(Stage),
    amount_minor=some.sampled_from([AMOUNT, AMOUNT, AMOUNT, AMOUNT + 1]),
    currency=some.just("EUR"),
    captured_minor=some.integers(1, AMOUNT),
    has_lapsed=some.booleans(),
)
troubles = some.builds(Trouble, kind=some.sampled_from(TroubleKind))
wishes = some.sampled_from(["", CAPTURE_WISH, DECLINED_WISH])
stories = some.lists(some.tuples(payments | troubles, wishes, some.integers(0, 2 * 10**9)), max_size=8)


@given(stories)
def test_the_books_add_up_whatever_a_provider_says(
    story: list[tuple[ProviderPayment | Trouble, str, int]],
) -> None:
    attempt, accounts, entries = ATTEMPT, dict[str, int](), [books.planned(ATTEMPT)]
    asked = Ask.OPEN
    for answer, wish, later in story:
        before = replace(attempt, wish=attempt.wish or wish)
        now = NOW + later
        if isinstance(answer, Trouble):
            judged, found = judge_trouble(before, asked, answer, 1), None
        else:
            judged, found = judge(before, answer, now), answer
        attempt = moved_on(before, judged, found, now)
        if attempt.authorised_at is not None and before.authorised_at is None:
            attempt = replace(attempt, owed_minor=attempt.total_minor)
        entries += books.entries_between(before, attempt)
        asked = judged.ask if judged.ask is not Ask.NOTHING else Ask.LOOK_UP
        assert attempt.captured_minor <= attempt.amount_minor
        assert before.state not in FINAL or attempt.state is before.state
    for entry in entries:
        assert sum(amount for _, _, amount in entry.lines) == 0
        for account, _, amount in entry.lines:
            accounts[account] = accounts.get(account, 0) + amount
    assert len({entry.cause for entry in entries}) == len(entries)  # each is made once
    if attempt.state in FINAL:
        assert [accounts.get(name, 0) for name in (books.ASKED, books.OPEN_AUTH, books.CLEARING)] == [0, 0, 0]
    if attempt.state in WITHOUT_MONEY:
        assert accounts.get(books.PROVIDER, 0) == 0
    if attempt.state is State.CAPTURED:
        assert accounts[books.PROVIDER] == attempt.captured_minor
