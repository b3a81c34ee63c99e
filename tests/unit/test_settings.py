"""Settings: where they come from, and what is said of them."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from flaskr import config, create_app
from flaskr.config import ConfigurationError, from_environment, secret_key

ROOT = Path(config.__file__).parents[1]


# ---- the environment ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("MAX_FILE_BYTES", "1000", 1000),
        ("TRUSTED_PROXIES", "2", 2),
        ("RATE_LIMITS", "off", False),
        ("RATE_LIMITS", "Yes", True),
        ("TRUSTED_HOSTS", "a.example, b.example,,", ["a.example", "b.example"]),
        ("TRUSTED_HOSTS", "", []),
        ("REGISTRATION", "open", "open"),
        ("SITE_NAME", "图床", "图床"),
    ],
)
def test_a_variable_is_read_to_the_type_of_its_setting(name, text, value):
    assert from_environment({f"TUCHUANG_{name}": text}) == {name: value}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("MAX_FILE_BYTES", "many"),
        ("MAX_FILE_BYTES", "-1"),
        ("TRUSTED_PROXIES", "1.5"),
        ("RATE_LIMITS", "maybe"),
        ("REGISTRATION", "everybody"),
        ("DEFAULT_LOCALE", "tlh"),
    ],
)
def test_a_variable_that_cannot_be_read_is_named(name, text):
    with pytest.raises(ConfigurationError, match=f"^TUCHUANG_{name}: "):
        from_environment({f"TUCHUANG_{name}": text})


def test_other_variables_are_left_alone():
    assert from_environment({"MAX_FILE_BYTES": "1", "TUCHUANG_UNKNOWN": "1"}) == {}


# ---- precedence -----------------------------------------------------------------------------


def test_a_setting_has_its_default(tmp_path):
    assert create_app({"INSTANCE_PATH": tmp_path}).config["SITE_NAME"] == "Tuchuang"


def test_config_py_of_the_instance_folder_is_read(tmp_path):
    (tmp_path / "config.py").write_text('SITE_NAME = "Ours"\n', encoding="utf-8")
    assert create_app({"INSTANCE_PATH": tmp_path}).config["SITE_NAME"] == "Ours"


def test_the_environment_wins_over_config_py(tmp_path, monkeypatch):
    (tmp_path / "config.py").write_text('SITE_NAME = "Ours"\nMAX_SIDE = 5\n', encoding="utf-8")
    monkeypatch.setenv("TUCHUANG_SITE_NAME", "Theirs")
    app = create_app({"INSTANCE_PATH": tmp_path})
    assert (app.config["SITE_NAME"], app.config["MAX_SIDE"]) == ("Theirs", 5)


def test_the_environment_names_the_instance_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TUCHUANG_INSTANCE_PATH", str(tmp_path / "elsewhere"))
    assert create_app().instance_path == str(tmp_path / "elsewhere")


def test_making_an_app_creates_no_tables_and_no_files_but_its_key(tmp_path):
    create_app({"INSTANCE_PATH": tmp_path / "new"})
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret_key"]


# ---- values that nothing can be done with ----------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WECHAT_TOKEN_DAYS", 0),
        ("WECHAT_TOKEN_DAYS", 3651),
        ("WECHAT_TOKEN_DAYS", 10**12),
        ("WECHAT_TOKEN_DAYS", "30"),
        ("WECHAT_API_URL", ""),
        ("WECHAT_API_URL", "api.weixin.qq.com/sns"),
        ("WECHAT_API_URL", "ftp://api.weixin.qq.com/"),
        ("WECHAT_API_URL", "https:///sns"),
        ("WECHAT_API_URL", "https://host:port/"),
        ("WECHAT_API_URL", "https://host/?a=b"),
    ],
)
def test_a_value_that_will_not_do_stops_the_start(tmp_path, name, value):
    with pytest.raises(ConfigurationError, match=f"^{name}: "):
        create_app({"INSTANCE_PATH": tmp_path, name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [("WECHAT_TOKEN_DAYS", 1), ("WECHAT_TOKEN_DAYS", 3650), ("WECHAT_API_URL", "http://[::1]:8/x")],
)
def test_a_value_at_the_edge_will_do(tmp_path, name, value):
    assert create_app({"INSTANCE_PATH": tmp_path, name: value}).config[name] == value


@pytest.mark.parametrize(
    ("given", "told"),
    [({"WECHAT_APPID": "wx1"}, "WECHAT_SECRET"), ({"WECHAT_SECRET": "s"}, "WECHAT_APPID")],
)
def test_one_half_of_what_wechat_needs_stops_the_start(tmp_path, given, told):
    with pytest.raises(ConfigurationError, match=f"^{told}: "):
        create_app({"INSTANCE_PATH": tmp_path, **given})


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("MAX_FILE_BYTES", "5MB", "expected a number of bytes"),
        ("UPLOADED_A_MAX_BYTES", "5MB", "expected a number of bytes"),
        ("MAX_SIDE", "wide", "expected a whole number"),
    ],
)
def test_a_number_that_is_none_is_told_in_plain_words(name, text, told):
    with pytest.raises(ConfigurationError, match=f"^TUCHUANG_{name}: {told}"):
        from_environment({f"TUCHUANG_{name}": text})


# ---- the secret key -------------------------------------------------------------------------


def test_the_secret_key_is_made_once_and_readable_by_its_owner_only(tmp_path):
    first = secret_key(str(tmp_path / "new"))
    path = tmp_path / "new" / "secret_key"
    assert len(bytes.fromhex(first)) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret_key(str(tmp_path / "new")) == first


def test_two_instances_have_two_keys(tmp_path):
    assert secret_key(str(tmp_path / "one")) != secret_key(str(tmp_path / "two"))


def test_processes_that_start_at_once_agree_on_the_key(tmp_path):
    together = Barrier(8)

    def start(_: int) -> str:
        together.wait()
        return secret_key(str(tmp_path / "new"))

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(start, range(8)))
    assert len(keys) == 1
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret_key"]


def test_a_file_system_without_hard_links_has_a_key_too(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    assert secret_key(str(tmp_path)) == secret_key(str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_a_key_that_cannot_be_kept_leaves_nothing(tmp_path, monkeypatch):
    def fail(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        secret_key(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_second_app_on_the_same_folder_signs_with_the_same_key(tmp_path):
    first, second = (create_app({"INSTANCE_PATH": tmp_path}) for _ in range(2))
    assert first.secret_key == second.secret_key


def test_a_given_secret_key_is_used_and_none_is_made(tmp_path):
    app = create_app({"INSTANCE_PATH": tmp_path, "SECRET_KEY": "given"})
    assert app.secret_key == "given"
    assert not (tmp_path / "secret_key").exists()


# ---- what is said of them -------------------------------------------------------------------


def test_the_documented_settings_are_those_of_the_program():
    documented = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert documented == config.settings_page(), "run `make docs`"


def test_every_setting_says_what_it_means():
    for setting in config.SETTINGS:
        assert setting.name.isupper()
        assert setting.meaning.endswith(".")
        assert f"| `{setting.name}` |" in config.settings_page()


def test_every_default_is_what_its_own_text_reads_as():
    for setting in config.SETTINGS:
        if setting.default is None:
            continue
        default = setting.default
        text = ",".join(default) if isinstance(default, list) else str(default)
        assert setting.parse(text) == default, setting.name
