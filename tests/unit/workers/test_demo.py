from pathlib import Path

import pytest

from schemas.errors import ConfigurationError
from workers.local.demo import run_demo
from workers.local.folder import held


def test_a_second_demo_in_one_folder_is_refused_before_it_empties_the_first_ones_servers(tmp_path: Path) -> None:
    with held(tmp_path / "run") as first:
        assert first
        with pytest.raises(ConfigurationError, match="another demo runs"):
            run_demo(keep=False, folder=tmp_path)
    assert {entry.name for entry in tmp_path.iterdir()} == {"run"}
