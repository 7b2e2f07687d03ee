"""What people wrote, out of whatever HTML their server made of it; and how long a server thinks a text is."""

import pytest

from inbox.platforms.mastodon import counting, names
from inbox.platforms.mastodon.plaintext import LARGEST, plain


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("<p>one</p><p>two</p>", "one\n\ntwo", id="paragraphs"),
        pytest.param("<p>one<br>two<br />three</p>", "one\ntwo\nthree", id="lines"),
        pytest.param("<p>a<br><br><br><br>b</p>", "a\n\nb", id="many empty lines are one"),
        pytest.param("<p>  a\n  b\t c </p>", "a b c", id="white space is one space"),
        pytest.param("no markup at all", "no markup at all", id="plain"),
        pytest.param("<p>1 &lt; 2 &amp;&nbsp;3 &#x1F600; &eacute;</p>", "1 < 2 &\u00a03 😀 é", id="entities"),
        pytest.param("<p>:blobcat: yes :verified:</p>", ":blobcat: yes :verified:", id="shortcodes"),
        pytest.param(
            '<p><span><a href="https://b.example/@us" class="u-url mention">@<span>us</span></a></span> hi</p>',
            "@us hi",
            id="a name is no link",
        ),
        pytest.param(
            '<a href="https://b.example/tags/x" class="mention hashtag" rel="tag">#<span>x</span></a>',
            "#x",
            id="a tag is no link",
        ),
        pytest.param(
            '<a href="https://b.example/long/way"><span class="invisible">https://</span>'
            '<span class="ellipsis">b.example/lo</span><span class="invisible">ng/way</span></a>',
            "https://b.example/long/way",
            id="a shortened link is whole",
        ),
        pytest.param(
            '<a href="https://b.example/">b.example</a>', "https://b.example/", id="a link without its scheme"
        ),
        pytest.param('see <a href="https://b.example/1">here</a>.', "see here (https://b.example/1).", id="words"),
        pytest.param(
            '<a href="https://evil.example">https://bank.example</a>',
            "https://bank.example (https://evil.example)",
            id="a link that lies",
        ),
        pytest.param('<a href="https://b.example/1"></a>', "https://b.example/1", id="a link without words"),
        pytest.param('<a href="javascript:alert(1)">here</a>', "here", id="a script as link"),
        pytest.param('<a href="data:text/html,x">here</a>', "here", id="data as link"),
        pytest.param('<a href="https://[broken">here</a>', "here", id="a link that is none"),
        pytest.param("<script>alert(1)</script>a<style>p{}</style>b", "ab", id="scripts and styles"),
        pytest.param("<svg><script>x</script><text>y</text></svg>z", "z", id="drawings"),
        pytest.param('<img src=x onerror="alert(1)" alt=":cat:">', ":cat:", id="a picture is its name"),
        pytest.param("<p onclick='x'>a</p><iframe src=x>b</iframe>", "a", id="attributes and frames"),
        pytest.param("<!-- secret --><p>a<!doctype html></p><?php x ?>", "a", id="comments"),
        pytest.param("<p>un<b>closed <i>everything", "unclosed everything", id="nothing closed"),
        pytest.param("</p></a></blockquote>a</pre>", "a", id="only closed"),
        pytest.param("<blockquote><p>one</p><p>two</p></blockquote>me", "> one\n\n> two\n\nme", id="quoted"),
        pytest.param("<ul><li>a</li><li>b</li></ul>", "• a\n• b", id="a list"),
        pytest.param("<pre>a\n  b</pre>", "a\n  b", id="code keeps its spaces"),
        pytest.param(
            "<a href='https://a.example'>x<a href='https://b.example'>y",
            "x (https://a.example)y (https://b.example)",
            id="links in links",
        ),
    ],
)
def test_html_becomes_text(written: str, read: str) -> None:
    assert plain(written) == read


@pytest.mark.parametrize(
    "hostile",
    [
        "<" * LARGEST,
        "<a href='" * 5000,
        "<p>" * LARGEST,
        "<!--" * 10_000,
        "&" * LARGEST,
        "<![CDATA[" * 5000,
        "<a " + "x=1 " * 9000,
    ],
    ids=["brackets", "links", "paragraphs", "comments", "entities", "sections", "attributes"],
)
def test_nothing_that_is_written_makes_it_fall_over(hostile: str) -> None:
    assert len(plain(hostile + "<p>x</p>" * 100)) < 2 * LARGEST


@pytest.mark.parametrize(
    ("words", "length"),
    [
        ("", 0),
        ("ab", 2),
        ("é", 1),
        ("e\u0301", 1),
        ("👩‍👩‍👧‍👦", 1),
        ("👍🏽", 1),
        ("🇵🇹🇪🇸", 2),
        ("❤️", 1),
        ("hi @ana", 7),
        ("hi @ana@very-long-domain.example", 7),
        ("a@b.example", 11),
        ("https://b.example/a/very/long/address?with=everything", 23),
        ("see https://b.example/1.", 4 + 23 + 1),
        ("(http://b.example/1)", 23 + 2),
        ("光光", 2),
    ],
)
def test_a_text_is_as_long_as_servers_count(words: str, length: int) -> None:
    assert counting.length(words) == length


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("@ana hi", [("ana", "")]),
        ("(@Ana@M.example), @ben.", [("ana", "m.example"), ("ben", "")]),
        ("a@b.example https://m.example/@ana x=@ana", []),
        ("@a_b.c@m.example:8080", [("a_b.c", "m.example:8080")]),
        ("@ @@ana", [("ana", "")]),
    ],
)
def test_who_is_named(words: str, named: list[tuple[str, str]]) -> None:
    assert names.named(words) == named
