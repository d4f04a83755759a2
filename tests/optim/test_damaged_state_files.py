"""Files of states that are damaged, of another kind or made with ill will: refused, never run."""

import contextlib
import json
import os
import pickle
import random
import re
import sys
import tracemalloc
from hashlib import sha256

import numpy as np
import pytest
from safetensors import numpy as safetensors

from support.states import bits, small
from twingrad.optim.checkpoints.state_files import read_state, write_state

REFUSED = "read_state: path must lead to a whole file of write_state, got "

HARMLESS = {"open", "os.truncate"}
"""What the interpreter may be asked for while files are written over and read."""


def content_of(state, folder):
    write_state(folder / "whole", state)
    return (folder / "whole").read_bytes()


def put(path, content):
    """Write over a file: thousands of times, that is faster than to make it anew."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT), "wb") as file:
        file.write(content)
        file.truncate()


def refused(path, content):
    """Whether this content of a file is refused, as it must be if it was changed."""
    put(path, content)
    with pytest.raises(ValueError, match=r"^read_state: ") as caught:
        read_state(path)
    assert type(caught.value) is ValueError
    assert str(caught.value).isprintable()
    assert str(caught.value).startswith(f"{REFUSED}{os.fspath(path)!r} (")
    return True


def parts_of(content):
    """The header and the arrays."""
    end = 8 + int.from_bytes(content[:8], "little")
    return content[8:end], content[end:]


def in_file(header, data=b""):
    return len(header).to_bytes(8, "little") + header + data


def sealed(header, data=b""):
    """A file of a header and arrays with the size and the checksum that belong to them."""
    digest = rb'(?<=\\"sha256\\":\\")[0-9a-f]{64}'
    header = re.sub(rb'(?<=\\"bytes\\":)[0-9]+', str(len(data)).encode(), header, count=1)
    content = in_file(re.sub(digest, b"0" * 64, header, count=1), data)
    return re.sub(digest, sha256(content).hexdigest().encode(), content, count=1)


def hand_made(tree, data=b"", **entries):
    """A file whose checksum is right, with any text as its tree, and any entries of arrays."""
    text = f'{{"version":1,"bytes":0,"sha256":"{"0" * 64}","state":{tree}}}'
    header = {"__metadata__": {"twingrad": text}} | entries
    return sealed(json.dumps(header, separators=(",", ":")).encode(), data)


def flipped(content, draw):
    place = draw.randrange(len(content))
    return (
        content[:place] + bytes([content[place] ^ (1 << draw.randrange(8))]) + content[place + 1 :]
    )


def replaced(content, draw):
    start = draw.randrange(len(content))
    return content[:start] + draw.randbytes(draw.randrange(1, 20)) + content[start + 1 :]


def cut_off(content, draw):
    return content[: draw.randrange(len(content))]


def cut_out(content, draw):
    start = draw.randrange(len(content))
    return content[:start] + content[start + draw.randrange(1, 100) :]


def inserted(content, draw):
    start = draw.randrange(len(content) + 1)
    return content[:start] + draw.randbytes(draw.randrange(1, 50)) + content[start:]


def repeated(content, draw):
    start = draw.randrange(len(content))
    return content[: start + draw.randrange(1, 100)] + content[start:]


def swapped(content, draw):
    first, second, third = sorted(draw.sample(range(len(content)), 3))
    return content[:first] + content[second:third] + content[first:second] + content[third:]


def zeroed(content, draw):
    start = draw.randrange(len(content))
    length = min(draw.randrange(1, 100), len(content) - start)
    return content[:start] + bytes(length) + content[start + length :]


def of_other_length(content, draw):
    length = draw.choice([draw.randrange(2000), draw.getrandbits(draw.randrange(1, 65)), 2**64 - 1])
    return length.to_bytes(8, "little") + content[8:]


def of_other_header(content, draw):
    header, data = parts_of(content)
    return in_file(draw.randbytes(draw.randrange(len(header))), data)


CHANGES = [
    *[flipped, replaced, cut_off, cut_out, inserted, repeated, swapped, zeroed],
    *[of_other_length, of_other_header],
]


@contextlib.contextmanager
def watching():
    """The kinds of what the interpreter is asked for: to open, to import, to compile, to run."""
    active = True
    kinds = set()

    def hook(event, arguments):
        if active:
            kinds.add(event)

    sys.addaudithook(hook)
    try:
        yield kinds
    finally:
        active = False


def test_what_is_run_while_files_are_read_would_be_seen():
    with watching() as kinds:
        eval("1 + 1")
    assert {"compile", "exec"} <= kinds


def test_every_flipped_bit_is_noticed(tmp_path):
    content = content_of({"a": np.ones(2, np.float32), "b": [1.5, "c"]}, tmp_path)
    for place in range(len(content)):
        for bit in range(8):
            changed = bytearray(content)
            changed[place] ^= 1 << bit
            assert refused(tmp_path / "changed", bytes(changed)), (place, bit)


def test_every_cut_is_noticed(tmp_path):
    content = content_of(small(), tmp_path)
    assert all(refused(tmp_path / "cut", content[:length]) for length in range(len(content)))


@pytest.mark.parametrize("change", CHANGES)
def test_of_10000_changed_files_each_is_refused_and_none_runs_anything(tmp_path, change):
    content = content_of(small(), tmp_path)
    draw = random.Random(change.__name__)
    refused(tmp_path / "changed", b"")
    with watching() as kinds:
        for _ in range(1000):
            changed = change(content, draw)
            if changed != content:
                assert refused(tmp_path / "changed", changed)
    assert kinds <= HARMLESS
    assert bits(read_state(tmp_path / "whole")) == bits(small())


@pytest.mark.parametrize("change", CHANGES[:8])
def test_changed_files_with_the_right_checksum_hold_a_state_or_are_refused(tmp_path, change):
    """Nobody makes such files by accident."""
    header, data = parts_of(content_of(small(), tmp_path))
    draw = random.Random(change.__name__)
    path = tmp_path / "changed"
    read_state(tmp_path / "whole")
    with watching() as kinds:
        for _ in range(300):
            put(path, sealed(change(header, draw), data))
            with contextlib.suppress(ValueError):
                assert type(read_state(path)) is dict
    assert kinds <= HARMLESS


def test_a_changed_tree_with_the_right_checksum_is_a_state_or_refused(tmp_path):
    header, data = parts_of(content_of(small(), tmp_path))
    entries = json.loads(header)
    text = entries.pop("__metadata__")["twingrad"]
    tree = text[text.index('"state":') + 8 : -1]
    draw = random.Random(0)
    path = tmp_path / "changed"
    path.write_bytes(hand_made(tree, data, **entries))
    assert bits(read_state(path)) == bits(small())
    with watching() as kinds:
        for _ in range(3000):
            start = draw.randrange(len(tree))
            new = "".join(draw.choices('{}[]:,"$0123456789.-eutrfalsn', k=draw.randrange(3)))
            changed = tree[:start] + new + tree[start + draw.randrange(3) :]
            put(path, hand_made(changed, data, **entries))
            with contextlib.suppress(ValueError):
                assert type(read_state(path)) is dict
    assert kinds <= HARMLESS


def test_files_of_two_states_do_not_mix(tmp_path):
    (header, data), (other, others) = [parts_of(content_of(small(k), tmp_path)) for k in (1, 2)]
    assert len(data) == len(others)
    assert refused(tmp_path / "mixed", in_file(header, others))
    assert refused(tmp_path / "mixed", in_file(other, data))


F32 = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
DEEP = 100_000


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty or cut off"),
        (b"\x80\x04K\x01.", "it is empty or cut off"),
        (pickle.dumps(list(range(100))), "it is cut off, or no safetensors file"),
        (b"PK\3\4" + bytes(1000), "it is cut off, or no safetensors file"),
        ((2**64 - 1).to_bytes(8, "little") + b"{}", "it is cut off, or no safetensors file"),
        (bytes(8), "there is no state of twingrad in it"),
        (safetensors.save({"a": np.ones(2)}), "there is no state of twingrad in it"),
        (safetensors.save({}, {"twingrad": "{}"}), "there is no state of twingrad in it"),
        (hand_made("{}").replace(b'on\\":1,', b'on\\":2,'), "is of version 2, this twingrad knows"),
        (hand_made("{}") + b" ", "it is cut off, or something has been added to it"),
        (hand_made("{}").replace(b'\\":{}', b'\\":{ '), "its checksum is wrong"),
        (hand_made("[]"), "its state is no dictionary"),
        (sealed(hand_made("{}")[8:].replace(b"state", b"State")), "its state is no dictionary"),
        (hand_made('{},"version":1'), "a key occurs twice"),
        (hand_made("{}}"), "Extra data: line 1"),
        (hand_made("{"), "Expecting ',' delimiter"),
        (hand_made('{"a":[' + "[" * DEEP), "it is nested too deeply"),
        (hand_made('{"a":' * DEEP), "it is nested too deeply"),
        (hand_made('{"a":1,"a":1}'), "a key occurs twice"),
        (hand_made('{"$dict":[[0,1],[0,1]]}'), "a key occurs twice"),
        (hand_made('{"$dict":[[true,1]]}'), "the entries of a dictionary are no pairs"),
        (hand_made('{"$dict":[[[],1]]}'), "the entries of a dictionary are no pairs"),
        (hand_made('{"$dict":[[1]]}'), "the entries of a dictionary are no pairs"),
        (hand_made('{"$dict":[1]}'), "the entries of a dictionary are no pairs"),
        (hand_made('{"$dict":{}}'), "an entry is of an unknown kind, '$dict'"),
        (hand_made('{"$tuple":{}}'), "an entry is of an unknown kind, '$tuple'"),
        (hand_made('{"$tuple":[],"$dict":[]}'), "an entry is of an unknown kind, '$tuple'"),
        (hand_made('{"$eval":"exit()"}'), "an entry is of an unknown kind, '$eval'"),
        (hand_made('{"a":1e999}'), "a number is not finite"),
        (hand_made('{"a":-1e999}'), "a number is not finite"),
        (hand_made('{"a":NaN}'), "a number is not finite"),
        (hand_made('{"a":-Infinity}'), "a number is not finite"),
        (hand_made('{"a":' + "1" * 100_000 + "}"), "a whole number has more than 64 bits"),
        (hand_made('{"a":9223372036854775808}'), "a whole number has more than 64 bits"),
        (hand_made('{"a":{"$int":"0x"}}'), "invalid literal for int"),
        (hand_made('{"a":{"$int":2}}'), "an entry is of an unknown kind, '$int'"),
        (hand_made('{"a":{"$float":"00"}}'), "a number is not of 8 bytes"),
        (hand_made('{"a":{"$float":"x"}}'), "non-hexadecimal number found"),
        (hand_made('{"a":{"$text":"ff"}}'), "can't decode byte 0xff"),
        (hand_made('{"a":{"$array":"b"}}'), "there is no array 'b', or it occurs twice"),
        (hand_made('{"a":{"$array":"a"}}', bytes(3), a=F32), "Error while deserializing"),
        (
            hand_made('{"a":{"$array":"a"},"b":{"$array":"a"}}', bytes(4), a=F32),
            "there is no array 'a', or it occurs twice",
        ),
        (hand_made("{}", bytes(4), a=F32), "nothing refers to the array 'a'"),
        (
            hand_made('{"a":{"$array":"a"}}', bytes(4), a=F32 | {"dtype": "BF16", "shape": [2]}),
            "there is an array of dtype 'BF16'",
        ),
        (
            hand_made(
                '{"a":{"$array":"a"}}', bytes(8), a=F32 | {"dtype": "C64", "data_offsets": [0, 8]}
            ),
            "the array 'a' is of dtype complex64",
        ),
        (hand_made("{}", a=F32 | {"shape": [2**62, 2**62]}), "Error while deserializing"),
        (
            hand_made("{}", a=F32 | {"shape": [0, 2**62], "data_offsets": [0, 0]}),
            "array is too big",
        ),
        (hand_made("{}", a=F32 | {"shape": [0] * 65, "data_offsets": [0, 0]}), "found 65"),
        (hand_made("{}", a=F32 | {"data_offsets": [0, 2**64]}), "Error while deserializing"),
        (hand_made("{}", a=F32 | {"data_offsets": [4, 8]}), "Error while deserializing"),
        (
            sealed(
                hand_made("{}")[8:-1] + b',"a":%(a)s,"a":%(a)s}' % {b"a": json.dumps(F32).encode()},
                bytes(4),
            ),
            "a key occurs twice",
        ),
        (sealed(hand_made("{}")[8:-1] + b',"a":' + b"[" * DEEP), "recursion limit exceeded"),
        (sealed(hand_made("{}")[8:-1] + b',"\xff":1}'), "Error while deserializing"),
    ],
)
def test_the_reason_of_a_refusal_is_told(tmp_path, content, reason):
    assert refused(tmp_path / "file", content)
    with pytest.raises(ValueError, match=re.escape(reason)):
        read_state(tmp_path / "file")


def test_hand_made_files_are_read_where_they_are_right(tmp_path):
    """So that the ones above are refused for the reason that is told."""
    path = tmp_path / "file"
    path.write_bytes(
        hand_made('{"a":{"$array":"a"},"b":{"$dict":[[0,{"$tuple":[]}]]}}', bytes(4), a=F32)
    )
    assert bits(read_state(path)) == bits({"a": np.zeros(1, np.float32), "b": {0: ()}})


def test_a_file_of_a_size_beyond_all_memory_is_refused_unread(tmp_path):
    content = content_of(small(), tmp_path)
    gigantic = tmp_path / "gigantic"
    for beginning in (b"", b"\xff\xff", content[:100], content):
        gigantic.write_bytes(beginning)
        try:
            os.truncate(gigantic, 2**40)
        except OSError:
            pytest.skip("the file system has no such files")
        tracemalloc.start()
        with pytest.raises(ValueError, match="read_state: "):
            read_state(gigantic)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 1_000_000


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_refused_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="it is empty or cut off"):
        read_state(tmp_path / "pipe")


def test_an_endless_device_is_refused():
    with pytest.raises(ValueError, match=r"got '/dev/zero' \(it is empty or cut off\)"):
        read_state("/dev/zero")
