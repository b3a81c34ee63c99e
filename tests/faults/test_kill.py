"""The server dies at once, at any moment: what it acknowledged is kept."""

import random

from tests.faults.conftest import MakeSite
from tests.faults.kill_loop import run


def test_nothing_acknowledged_is_lost_to_a_kill(make_site: MakeSite):
    tally = run(make_site(), 5, random.Random())
    assert tally.acknowledged
    assert tally.is_clean, tally
