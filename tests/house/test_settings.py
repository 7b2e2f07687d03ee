"""What an installation is told, and what it hears when it is told wrongly."""

import pytest

from inbox.ground.settings import Settings, SettingsError

GIVEN = {
    "DATABASE_URL": "postgresql://owner:word@db/earshot",
    "REDIS_URL": "redis://valkey:6379/0",
    "SECRET_KEY": "0123456789abcdef0123456789abcdef",
}


def told(**more: str) -> Settings:
    return Settings.from_environment({**GIVEN, **more})


def test_three_things_are_enough(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = told()
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.data_dir == tmp_path / "data"
    assert settings.attachments_url == (tmp_path / "data" / "attachments").as_uri()
    assert settings.demo_ports == {}
    assert not settings.secure


@pytest.mark.parametrize(
    ("more", "asked", "expected"),
    [
        pytest.param({"HOST": "::1", "PORT": "9000"}, "base_url", "http://[::1]:9000", id="address from host and port"),
        pytest.param({"BASE_URL": "https://care.example/"}, "base_url", "https://care.example", id="no last slash"),
        pytest.param({"DATABASE_URL": "postgres://db/x"}, "database_url", "postgresql://db/x", id="short scheme"),
        pytest.param({"DATABASE_URL": "postgresql+asyncpg://db/x"}, "database_url", "postgresql://db/x", id="driver"),
        pytest.param({"REDIS_URL": "valkey://v:1/0"}, "redis_url", "redis://v:1/0", id="valkey's own scheme"),
        pytest.param({"ATTACHMENTS_URL": "s3://bucket"}, "attachments_url", "s3://bucket", id="a bucket"),
        pytest.param({"ATTACHMENTS_URL": "/files"}, "attachments_url", "file:///files", id="a plain folder"),
        pytest.param({"EARSHOT_DEMO_PORTS": "one=4001,two=4002"}, "demo_ports", {"one": 4001, "two": 4002}, id="demo"),
    ],
)
def test_it_is_read_in_any_usual_spelling(more, asked, expected):
    assert getattr(told(**more), asked) == expected


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        pytest.param({"SECRET_KEY": ""}, "SECRET_KEY is not set", id="no secret"),
        pytest.param({"SECRET_KEY": "short"}, "SECRET_KEY is too short", id="a short secret"),
        pytest.param({"SMTP_URL": "http://x", "MAIL_FROM": "a@b.example"}, "SMTP_URL must look", id="no mail server"),
        pytest.param({"SMTP_URL": "smtp://mail.example.com"}, "MAIL_FROM must say", id="mail from nobody"),
        pytest.param({"MAIL_FROM": "a@b.example\nBcc: c@d.example"}, "MAIL_FROM must be", id="an address of two lines"),
        pytest.param({"METRICS_TOKEN": "short"}, "METRICS_TOKEN is too short", id="a short token"),
        pytest.param({"DATABASE_URL": ""}, "DATABASE_URL is not set", id="no database"),
        pytest.param({"DATABASE_URL": "mysql://db/x"}, "DATABASE_URL must look like", id="another database"),
        pytest.param({"DATABASE_URL": "postgresql://db"}, "DATABASE_URL must look like", id="no database's name"),
        pytest.param({"DATABASE_DIRECT_URL": "db"}, "DATABASE_DIRECT_URL must look like", id="direct"),
        pytest.param({"REDIS_URL": "valkey"}, "REDIS_URL must look like", id="no address"),
        pytest.param({"PORT": "0"}, "PORT must be a port", id="port nought"),
        pytest.param({"PORT": "http"}, "PORT must be a port", id="port in letters"),
        pytest.param({"BASE_URL": "care.example"}, "BASE_URL must be the http", id="no scheme"),
        pytest.param({"BASE_URL": "http://[care"}, "BASE_URL must be the http", id="half an address"),
        pytest.param({"DATABASE_URL": "postgresql://db:port/x"}, "DATABASE_URL must look like", id="a port in letters"),
        pytest.param({"DATABASE_URL": "postgresql://[db/x"}, "DATABASE_URL must look like", id="half a database"),
        pytest.param({"ATTACHMENTS_URL": "ftp://x"}, "ATTACHMENTS_URL must be", id="another store"),
        pytest.param({"LOG_FORMAT": "xml"}, "LOG_FORMAT must be", id="another log"),
        pytest.param({"EARSHOT_DEMO_PORTS": "=4001"}, "EARSHOT_DEMO_PORTS must", id="no name"),
        pytest.param({"EARSHOT_DEMO_PORTS": "one=4001", "HOST": "0.0.0.0"}, "for one machine", id="demo for others"),
        pytest.param(
            {"EARSHOT_DEMO_PORTS": "one=4001", "BASE_URL": "https://care.example"}, "for one machine", id="demo on TLS"
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(more, sentence):
    with pytest.raises(SettingsError, match=sentence) as told_so:
        told(**more)
    assert str(told_so.value).endswith(".")
    assert "\n" not in str(told_so.value)


def test_no_secret_shows_when_settings_are_printed():
    shown = repr(told(DATABASE_DIRECT_URL="postgresql://owner:word@direct/earshot"))
    assert "word" not in shown
    assert GIVEN["SECRET_KEY"] not in shown
