"""What shares call images."""

from hypothesis import given
from hypothesis import strategies as st

from flaskr.library.aliases import ALIAS_LENGTH, alias_of, read_alias
from flaskr.library.keys import BASE58, new_key
from flaskr.models import Image, Share

ids = st.integers(1, 2**48 - 1)


def image(id_):
    return Image(id=id_, key=new_key())


@given(ids, ids)
def test_an_alias_is_read_by_its_own_share_alone(one, other):
    share, elsewhere = Share(key=new_key()), Share(key=new_key())
    alias = alias_of(share, image(one))
    assert len(alias) == ALIAS_LENGTH
    assert set(alias) <= set(BASE58)
    assert alias == alias_of(share, image(one))
    assert (alias == alias_of(share, image(other))) == (one == other)
    assert alias != alias_of(elsewhere, image(one))
    assert read_alias(share, alias) == one
    assert read_alias(elsewhere, alias) is None


@given(st.text() | st.text(BASE58, min_size=ALIAS_LENGTH, max_size=ALIAS_LENGTH))
def test_any_other_text_is_no_alias(text):
    share = Share(key=new_key())
    assert read_alias(share, text) is None


def test_many_aliases_are_distinct_and_tell_no_order():
    share = Share(key=new_key())
    aliases = [alias_of(share, image(id_)) for id_ in range(1, 2000)]
    assert len(set(aliases)) == len(aliases)
    assert aliases != sorted(aliases)
    assert aliases != sorted(aliases, reverse=True)
