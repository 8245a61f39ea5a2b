"""`render envoy` prints a bootstrap that Envoy can read, whole or not at all."""

import pytest
import yaml


def test_the_bootstrap_is_yaml_with_the_address_of_the_proxy(folder):
    bootstrap = yaml.safe_load(folder.ok("render", "envoy", "--admin", "127.0.0.1:9901"))
    address = bootstrap["static_resources"]["listeners"][0]["address"]["socket_address"]
    assert (address["address"], address["port_value"]) == ("127.0.0.1", 10000)
    assert bootstrap["admin"]["address"]["socket_address"]["port_value"] == 9901


def test_a_file_is_written_whole_and_holds_no_credential(folder):
    assert folder.ok("render", "envoy", "-o", "envoy.yaml", "--ca-file", "/ca.pem", TOLL_TEST_OPENAI="sk-hunter2") == ""
    text = (folder.path / "envoy.yaml").read_text()
    assert yaml.safe_load(text)["static_resources"]
    assert "/ca.pem" in text
    assert "hunter2" not in text
    assert sorted(path.name for path in folder.path.iterdir()) == ["envoy.yaml", "tollkeeper.yaml"]


def test_what_an_older_envoy_cannot_do_is_told_beside_the_output(folder):
    done = folder.run("render", "envoy", "--envoy", "1.37")
    assert done.returncode == 0
    assert yaml.safe_load(done.stdout)
    assert done.stderr.startswith("note: this Envoy ")


MISTAKES = [
    (("--envoy", "1.20"), "envoy version: '1.20' is unknown; allowed: 1.37, 1.38, 1.39, 1.40"),
    (("--admin", "here"), "--admin: 'here' is no address; allowed: HOST:PORT"),
    (("-o", "no/such/folder"), "--output: no/such/folder cannot be written: No such file or directory"),
]


@pytest.mark.parametrize(("arguments", "problem"), MISTAKES)
def test_a_wish_that_cannot_be_met_is_refused(folder, arguments, problem):
    assert folder.refused("render", "envoy", *arguments) == f"error: {problem}\n"
