"""A configuration is complete and checked, or every fault in it is named at once."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from surveyd.base.config import Config, load_config, queue_socket
from surveyd.base.errors import ConfigError

KEY = "a secret key that only the tests know"
RETIRED = "another one, which was the key before it"

Load = Callable[..., Config]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """`load(proxies="2", file="env = 'test'")`: what these settings and this file make of an installation."""

    def load(file: str = "", **settings: str) -> Config:
        path = tmp_path / "surveyd.toml"
        path.write_text(file, encoding="utf-8")
        usual = {"data": str(tmp_path / "data"), "secret_key": KEY}
        environ = {f"SURVEYD_{name.upper()}": value for name, value in (usual | settings).items()}
        return load_config({"SURVEYD_CONFIG": str(path), **environ})

    return load


def test_without_settings_everything_is_in_the_data_folder(load: Load, tmp_path: Path) -> None:
    config = load()
    data = tmp_path / "data"
    assert config.database_url == f"sqlite:///{data / 'surveyd.db'}"
    assert config.redis_url == f"unix://{queue_socket(data)}"
    assert config.embedded_database and config.embedded_queue
    assert (config.base_url, config.mail_domain) == ("http://127.0.0.1:8000", "127.0.0.1")
    assert (config.env, config.clock, config.proxies, config.smtp_connections) == (
        "production",
        "system",
        0,
        1,
    )


def test_the_environment_wins_over_the_file_and_a_caller_over_both(tmp_path: Path) -> None:
    path = tmp_path / "surveyd.toml"
    path.write_text(f"env = 'demo'\nproxies = 1\nsmtp_connections = 7\ndata = '{tmp_path}'\n")
    environ = {"SURVEYD_CONFIG": str(path), "SURVEYD_PROXIES": "2", "SURVEYD_ENV": "test"}
    config = load_config(
        environ, {"smtp_connections": "9", "base_url": "https://a.example"}, env="production"
    )
    assert (config.env, config.proxies, config.smtp_connections) == ("production", 2, 7)
    assert config.base_url == "https://a.example"


def test_a_list_in_the_file_is_a_list_of_keys(load: Load) -> None:
    config = load(file=f"old_secret_keys = ['{RETIRED.replace(' ', '-')}', '{'b' * 32}']")
    assert list(config.keys.secrets) == [KEY.encode(), RETIRED.replace(" ", "-").encode(), b"b" * 32]


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"file": "env = "}, "C02"),
        ({"file": "databse_url = 'sqlite://'"}, "C03"),
        ({"env": "staging"}, "C04"),
        ({"env": "Production"}, "C04"),
        ({"base_url": "survey.example"}, "C05"),
        ({"base_url": "ftp://survey.example"}, "C05"),
        ({"base_url": "https://"}, "C05"),
        ({"base_url": "http://[::1"}, "C05"),
        ({"base_url": "https://survey.example:99999"}, "C05"),
        ({"base_url": "https://umfrage.müller.example"}, "C05"),
        ({"base_url": "https://survey.example/?a=b"}, "C05"),
        ({"clock": "sundial"}, "C06"),
        ({"clock": "file:"}, "C06"),
        ({"clock": "file:/tmp/clock"}, "C07"),
        ({"smtp_url": "http://relay.example"}, "C08"),
        ({"smtp_url": "relay.example:25"}, "C08"),
        ({"smtp_url": "smtp://relay.example:port"}, "C08"),
        ({"smtp_url": "smtp://relay.example:0"}, "C08"),
        ({"smtp_url": "smtp://[::1"}, "C08"),
        ({"smtp_connections": "0"}, "C09"),
        ({"smtp_connections": "two"}, "C09"),
        ({"second_person_above": "-1"}, "C09"),
        ({"dkim_selectors": "good bad/one"}, "C14"),
        ({"dns": "192.0.2.53:port"}, "C15"),
        ({"dns": ":53"}, "C15"),
        ({"relay_addresses": "relay.example"}, "C16"),
        ({"proxies": "-1"}, "C09"),
        ({"proxies": "²"}, "C09"),
        ({"secret_key": "short"}, "C11"),
        ({"mail_domain": "mail example"}, "C12"),
        ({"mail_domain": "mail.example\r\nBcc: all@company.test"}, "C12"),
        ({"mail_domain": "müller.example"}, "C12"),
        ({"base_url": "http://[::1]:8000"}, "C12"),
        ({"old_secret_keys": f"{KEY.replace(' ', '-')} short"}, "C13"),
    ],
)
def test_what_is_wrong_has_a_code(load: Load, settings: dict[str, str], code: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(**settings)
    assert [finding.code for finding in caught.value.findings] == [code]
    assert all(finding.sentence.endswith(".") and finding.hint for finding in caught.value.findings)


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config({"SURVEYD_CONFIG": str(tmp_path / "none.toml")}, data=str(tmp_path), secret_key=KEY)
    assert [finding.code for finding in caught.value.findings] == ["C01"]


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "surveyd.toml"
    path.write_bytes(b"base_url = '\xe4'")
    with pytest.raises(ConfigError, match="C02"):
        load_config({"SURVEYD_CONFIG": str(path)}, data=str(tmp_path), secret_key=KEY)


@pytest.mark.parametrize("secret_key", [KEY, ""])
def test_a_data_folder_that_cannot_be_made_is_one_finding(
    load: Load, tmp_path: Path, secret_key: str
) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(ConfigError) as caught:
        load(data=str(tmp_path / "taken" / "data"), secret_key=secret_key)
    assert [finding.code for finding in caught.value.findings] == ["C10"]


def test_all_faults_are_named_at_once(load: Load) -> None:
    with pytest.raises(ConfigError) as caught:
        load(env="staging", base_url="x", smtp_url="x", proxies="x", smtp_connections="x", secret_key="x")
    codes = [finding.code for finding in caught.value.findings]
    assert codes == ["C04", "C08", "C05", "C09", "C09", "C11"]


def test_no_finding_repeats_a_password(load: Load) -> None:
    with pytest.raises(ConfigError) as caught:
        load(smtp_url="smtp://user:sesame@relay.example:port", secret_key="sesame", old_secret_keys="sesame")
    assert "sesame" not in str(caught.value)


def test_the_relays_url_is_read_whole(load: Load) -> None:
    relay = load(smtp_url="smtp://user%40a:p%2Fw%3Aord@relay.example:587?starttls=1").relay
    assert (relay.host, relay.port, relay.user, relay.password) == ("relay.example", 587, "user@a", "p/w:ord")
    assert relay.starttls and not relay.tls
    assert "w:ord" not in repr(relay)


def test_ports_of_the_relay_have_defaults(load: Load) -> None:
    plain, tls = load(smtp_url="smtp://relay.example").relay, load(smtp_url="smtps://relay.example").relay
    assert (plain.port, plain.tls, plain.starttls) == (25, False, False)
    assert (tls.port, tls.tls) == (465, True)


def test_the_repr_of_a_configuration_tells_no_secret(load: Load) -> None:
    assert KEY not in repr(load()) + str(load())


def test_a_key_is_made_once_and_only_we_can_read_it(load: Load, tmp_path: Path) -> None:
    first, second = load(secret_key=""), load(secret_key="")
    assert first.keys.survey_token(1) == second.keys.survey_token(1)
    kept = tmp_path / "data" / "secret-key"
    assert len(kept.read_text()) == 64
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "data").glob("secret-key*")] == ["secret-key"]


def test_the_data_folder_is_ours_alone(load: Load, tmp_path: Path) -> None:
    load()
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_the_queues_socket_has_a_short_path_in_a_deep_folder(load: Load, tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a folder with a long name"] * 5)
    config = load(data=str(deep))
    assert len(str(queue_socket(deep))) <= 100
    assert str(os.getuid()) in str(queue_socket(deep))
    assert config.embedded_queue
    assert queue_socket(deep) != queue_socket(deep / "other")


def test_a_queue_and_a_database_elsewhere_are_not_embedded(load: Load) -> None:
    config = load(redis_url="redis://queue.example", database_url="postgresql+psycopg://db.example/surveyd")
    assert not config.embedded_queue and not config.embedded_database


def test_links_begin_without_a_double_slash(load: Load) -> None:
    assert load(base_url="https://survey.example/").base_url == "https://survey.example"


def test_what_is_said_of_the_sending_domain_is_read_whole(load: Load) -> None:
    found = load(
        dns="[2001:db8::53]:5300",
        dkim_domain="Company.example",
        dkim_selectors="one two",
        relay_addresses="192.0.2.25 198.51.100.0/24",
    ).sending_domain
    assert found.dns == ("2001:db8::53", 5300) and load(dns="127.0.0.1").sending_domain.dns == (
        "127.0.0.1",
        53,
    )
    assert (found.dkim_domain, found.dkim_selectors) == ("company.example", ("one", "two"))
    assert [str(each) for each in found.relay_addresses] == ["192.0.2.25/32", "198.51.100.0/24"]
    assert load().sending_domain.dns is None and load().sending_domain.second_person_above == 1000
