"""Whatever file there is: reading and preparing it works, or says one clear sentence."""

import json
import warnings

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from support.csv_files import files, is_sentence
from twingrad.data import Preparation, leaks, read_csv
from twingrad.data.sources import delimited


@given(files(), st.sampled_from([None, "regression", "classification"]), st.integers(1, 20))
def test_any_file_is_prepared_or_refused_with_a_sentence(tmp_path_factory, content, task, block):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    whole, delimited._BLOCK = delimited._BLOCK, block
    refusal = None
    try:
        table = read_csv(path)
        table = table.with_target(table.names[-1])
        train, test = table[: (len(table) + 1) // 2], table[len(table) // 2 :]
        preparation = Preparation.fit(train, task=task or "auto")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            data = preparation.apply(train)
            preparation.apply(test)
        again = Preparation.from_dict(json.loads(json.dumps(preparation.to_dict())))
        leaks(train, test=test)
    except (ValueError, TypeError) as error:
        refusal = error
    finally:
        delimited._BLOCK = whole
    if refusal is not None:
        assert is_sentence(refusal), repr(refusal)
    else:
        assert len(data) == len(train)
        assert np.isfinite(data.x).all()
        assert again.to_dict() == preparation.to_dict()
