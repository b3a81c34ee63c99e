"""The form in which a person wants links: chosen once, shown everywhere."""

import re

import pytest

from tests.browsing import JSON, links, query
from tests.factories import avif, bmp, heic, jpeg, make_image, make_user, png, webp

SETTINGS = "/settings/uploads"
CHOICE = "/settings/links"
BATCH = "abcdefghijkm"


@pytest.fixture
def choose(owner):
    """Set what is given as a program does."""

    def post(**choice: str):
        headers = {**JSON, "X-CSRFToken": owner.token()}
        return owner.post(CHOICE, data=choice, headers=headers)

    return post


def send(owner, content: bytes, name: str):
    (told,) = owner.upload_json((name, content)).json["files"]
    return told


def addresses(picture: str) -> list[str]:
    """Every address of a picture element."""
    return re.findall(r"http://localhost(\S+?)[\" ]", picture)


# ---- the choice -----------------------------------------------------------------------------


def test_a_new_account_copies_plain_addresses(choose):
    answer = choose()
    assert answer.json == {"link_form": "url", "link_template": "", "copy_links": False}


def test_what_is_left_out_stays_as_it_is(choose):
    choose(link_form="markdown", copy_links="1", link_template="{url}")
    assert choose(link_form="html").json == {
        "link_form": "html",
        "link_template": "{url}",
        "copy_links": True,
    }
    assert choose(copy_links="0").json["copy_links"] is False


@pytest.mark.parametrize("form", ["", "pdf", "URL", "url\0", "custom"])
def test_a_form_that_is_not_there_is_refused(choose, form):
    answer = choose(link_form=form, copy_links="1")
    assert answer.status_code == 422
    assert answer.json["error"]["code"] in {"invalid_link_form", "invalid_link_template"}
    assert choose().json == {"link_form": "url", "link_template": "", "copy_links": False}


@pytest.mark.parametrize("template", ["no place", "{url}\7", "{url}" * 101, "{url}\n{name}"])
def test_a_template_that_will_not_do_is_refused_and_said_why(choose, owner, template):
    answer = choose(link_template=template)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "invalid_link_template")
    assert "{url}" in answer.json["error"]["message"]

    page = owner.submit(CHOICE, {"link_template": template, "link_form": "custom"}, page=SETTINGS)
    assert page.status_code == 422
    (field,) = query(page, "#link_template")
    assert field.attrs["aria-invalid"] == "true"
    assert "{url}" in query(page, f"#{field.attrs['aria-describedby'].split()[-1]}")[0].to_text()
    assert choose().json["link_template"] == ""


def test_an_own_form_that_is_given_up_is_used_no_longer(choose):
    choose(link_template="<{url}>", link_form="custom")
    assert choose(link_template="").json["link_form"] == "url"


def test_everybody_has_a_choice_of_their_own(choose, session, ada):
    choose(link_form="bbcode")
    bob = make_user(session, "bob")
    session.refresh(ada)
    assert (ada.link_form, bob.link_form) == ("bbcode", "url")


def test_without_script_the_choice_leads_back_to_its_page(owner, session, ada):
    make_image(session, ada, batch=BATCH)
    page = f"/tuchuang/uploads/{BATCH}"
    form = query(owner.get(page), "form[data-link-switch]")[0]
    assert form.attrs["action"] == CHOICE
    (here,) = query(owner.get(page), "form[data-link-switch] [name=next]")
    answer = owner.submit(CHOICE, {"link_form": "html", "next": here.attrs["value"]}, page=page)
    assert (answer.status_code, answer.location) == (303, page)


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example"]
)
def test_it_leads_nowhere_else(owner, elsewhere):
    answer = owner.submit(CHOICE, {"link_form": "html", "next": elsewhere})
    assert (answer.status_code, answer.location) == (303, SETTINGS)


# ---- pages ----------------------------------------------------------------------------------


def test_every_page_shows_the_chosen_form_first(choose, owner, session, ada):
    image = make_image(session, ada, name="a cat.png", batch=BATCH)
    choose(link_form="markdown")
    markdown = f"![a cat](http://localhost/tuchuang/download/{image.key}.png)"
    for path, selector, attribute in (
        (f"/tuchuang/images/{image.key}", "input[readonly]", "value"),
        (f"/tuchuang/uploads/{BATCH}", "input[readonly]", "value"),
        (f"/tuchuang/uploads/{BATCH}", "li [data-copy]", "data-copy"),
        ("/tuchuang/images", "li [data-copy]", "data-copy"),
        ("/tuchuang/", "li [data-copy]", "data-copy"),
    ):
        first, *_ = query(owner.get(path), selector)
        assert first.attrs[attribute] == markdown
    for path in ("/tuchuang/", f"/tuchuang/uploads/{BATCH}"):
        (pressed,) = query(owner.get(path), "[aria-pressed=true][name=link_form]")
        assert pressed.attrs["value"] == "markdown"


def test_an_own_form_is_offered_once_there_is_a_template(choose, owner, session, ada):
    image = make_image(session, ada, name="a cat.png", batch=BATCH)
    page = f"/tuchuang/uploads/{BATCH}"
    assert not query(owner.get(page), "button[value=custom]")
    choose(link_template="{alt}: {url}", link_form="custom")
    assert query(owner.get(page), "button[value=custom][aria-pressed=true]")
    (field,) = query(owner.get(page), "input[readonly]")
    assert field.attrs["value"] == f"a cat: http://localhost/tuchuang/download/{image.key}.png"


def test_the_settings_show_what_becomes_of_the_template(choose, owner):
    choose(link_template="[{alt}]({url}) {width}")
    (example,) = query(owner.get(SETTINGS), "[data-example-text]")
    assert re.fullmatch(r"\[West Lake\]\(http://localhost/\S+\.jpg\) 1600", example.to_text())


# ---- a batch --------------------------------------------------------------------------------


def test_a_batch_is_in_the_senders_order_with_what_was_here_before(owner):
    before, later = png(number=1), png(number=2)
    owner.upload_json(("before.png", before))
    owner.upload_json(("later.png", later), batch=BATCH, position="1")
    owner.upload_json(("before.png", before), batch=BATCH, position="0")
    shown = query(owner.get(f"/tuchuang/uploads/{BATCH}"), ".card-name")
    assert [name.to_text() for name in shown] == ["before.png", "later.png"]


def test_a_batch_whose_pictures_were_deleted_says_so(owner, session, ada):
    image = make_image(session, ada, batch=BATCH)
    owner.submit(f"/tuchuang/images/{image.key}/delete")
    page = owner.get(f"/tuchuang/uploads/{BATCH}")
    assert page.status_code == 200
    assert query(page, ".empty")
    assert "/tuchuang/" in links(page, "main a")


def test_an_emptied_batch_is_still_nobody_elses(owner, other, session, ada):
    image = make_image(session, ada, batch=BATCH)
    owner.submit(f"/tuchuang/images/{image.key}/delete")
    assert other.get(f"/tuchuang/uploads/{BATCH}").status_code == 404


# ---- pictures to embed ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "formats"),
    [
        (jpeg(1500, 900), "a.jpg", ["avif", "webp", "jpg"]),
        (png(400, 300), "a.png", ["avif", "webp", "png"]),
        (png(20, 20), "tiny.png", ["avif", "webp", "png"]),
        (png(40, 3000), "tall.png", ["avif", "webp", "png"]),
        (webp(), "a.webp", ["avif", "webp"]),
        (avif(), "a.avif", ["avif", "webp"]),
        (bmp(), "a.bmp", ["avif", "webp", "bmp"]),
        (heic(), "a.heic", ["avif", "webp", "jpg"]),
    ],
)
def test_every_address_of_a_picture_element_gives_a_picture_to_anybody(
    owner, guest, content, name, formats
):
    picture = send(owner, content, name)["links"]["picture"]
    offered = addresses(picture)
    whole = [address for address in offered if "?" not in address]
    assert list(dict.fromkeys(path.rpartition(".")[2] for path in whole)) == formats
    for address in offered:
        answer = guest.get(address)
        assert answer.status_code == 200, address
        assert answer.mimetype.startswith("image/")


def test_no_size_is_larger_than_the_picture_and_none_larger_than_pages_need(owner):
    small = send(owner, png(700, 20), "small.png")["links"]["picture"]
    assert set(re.findall(r"(\d+)w", small)) == {"320", "640", "700"}
    large = send(owner, png(3000, 20), "large.png")["links"]["picture"]
    assert set(re.findall(r" (\d+)w", large)) == {"320", "640", "1280", "1920", "2560"}
