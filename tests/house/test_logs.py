"""Whatever is logged, by us or a library, opens no door and quotes no customer."""

import json
import subprocess
import sys

import pytest

from inbox.ground import logs

SPEAKS = """
import logging
from inbox.ground import logs
logs.configure("json", process="web")
log = logs.named("outbox")
{what}
"""


def logged(what: str) -> dict[str, object]:
    """The line a process writes when it does this."""
    done = subprocess.run([sys.executable, "-c", SPEAKS.format(what=what)], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    found: dict[str, object] = json.loads(line)
    return found


def test_a_line_says_what_where_and_when():
    line = logged("log.warning('platform refused', status=429, waits=[1, 2.5])")
    assert (line["event"], line["level"], line["part"], line["process"]) == (
        "platform refused",
        "warning",
        "outbox",
        "web",
    )
    assert (line["status"], line["waits"]) == (429, [1, 2.5])
    assert "timestamp" in line


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("log.info('x', access_token='CANARY')", id="a token by its name"),
        pytest.param("log.info('x', headers={'a': 'CANARY'})", id="headers"),
        pytest.param("log.info('x', body=b'CANARY')", id="a body"),
        pytest.param("log.info('x', reply={'text': 'CANARY'})", id="a text further in"),
        pytest.param("log.info('x', data=b'CANARY')", id="bytes"),
        pytest.param("log.info('x', url='https://h/p?access_token=CANARY&x=1')", id="an address's query"),
        pytest.param("log.info('x', url='postgresql://owner:CANARY@h/x')", id="an address's password"),
        pytest.param("log.info('sent Bearer CANARY.CANARY.CANARY')", id="a bearer"),
        pytest.param("logging.getLogger('lib').warning('GET %s', 'https://h/p?key=CANARY')", id="a library's line"),
        pytest.param("log.info('x', why=ValueError('bad row\\nDETAIL: CANARY'))", id="the row below an error"),
        pytest.param(
            "try: raise ValueError('bad row\\nDETAIL: CANARY')\nexcept ValueError: log.exception('x')",
            id="an exception",
        ),
        pytest.param(
            "try: raise ValueError('bad row\\nDETAIL: CANARY')\nexcept ValueError: logging.exception('x')",
            id="a library's exception",
        ),
        pytest.param(
            "try:\n raise ExceptionGroup('all', [ValueError('bad\\nCANARY')])\nexcept Exception: log.exception('x')",
            id="several exceptions",
        ),
    ],
)
def test_no_secret_and_no_word_of_a_customer_is_written(said):
    assert "CANARY" not in json.dumps(logged(said))


def test_an_error_still_says_what_and_where():
    line = logged("def send(): raise KeyError('channel')\ntry: send()\nexcept KeyError: log.exception('not sent')")
    assert line["error"] == "KeyError: 'channel'"
    assert str(line["error_at"]).endswith("send']")


def test_a_long_value_is_cut():
    assert len(logs.scrub("word " * 1000)) < 600


def test_a_library_warns_but_does_not_chat():
    lib = "logging.getLogger('httpx')"
    assert logged(f"{lib}.info('GET /'); {lib}.warning('slow')")["event"] == "slow"
