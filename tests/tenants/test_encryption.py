from __future__ import annotations

import stat

import pytest

from atlassian_connect.errors import ConfigurationError, StorageError
from atlassian_connect.secret import Secret
from atlassian_connect.tenants import SecretBox, new_encryption_key
from atlassian_connect.tenants.development import development_keys


def test_what_is_encrypted_comes_back():
    box = SecretBox([new_encryption_key()])

    assert box.decrypt(box.encrypt(Secret("ä secret"))) == Secret("ä secret")


def test_two_encryptions_of_one_secret_differ():
    box = SecretBox([new_encryption_key()])

    assert box.encrypt(Secret("x")) != box.encrypt(Secret("x"))


def test_the_second_key_still_opens_and_the_first_one_closes():
    old, new = new_encryption_key(), new_encryption_key()
    ciphertext = SecretBox([old]).encrypt(Secret("x"))

    rotated = SecretBox([new, old]).rotate(ciphertext)

    assert SecretBox([new]).decrypt(rotated) == Secret("x")
    with pytest.raises(StorageError):
        SecretBox([new]).decrypt(ciphertext)


@pytest.mark.parametrize("ciphertext", ["", "plain text", "ä", "gAAAAA"])
def test_what_is_no_ciphertext_is_an_error_that_shows_nothing(ciphertext):
    with pytest.raises(StorageError) as caught:
        SecretBox([new_encryption_key()]).decrypt(ciphertext)

    assert ciphertext == "" or ciphertext not in str(caught.value)


@pytest.mark.parametrize("keys", [[], ["short"], ["ä" * 44]])
def test_a_bad_key_is_refused_with_the_command_that_makes_one(keys):
    with pytest.raises(ConfigurationError, match="new_key") as caught:
        SecretBox(keys)

    assert not keys or keys[0] not in str(caught.value)


def test_the_memory_of_decrypted_secrets_is_bounded():
    box = SecretBox([new_encryption_key()], cache_size=2)
    texts = [box.encrypt(Secret(str(number))) for number in range(5)]

    assert [box.decrypt(text).reveal() for text in texts] == ["0", "1", "2", "3", "4"]
    assert len(box._known) == 2


def test_a_development_key_is_kept_for_its_owner_only(tmp_path):
    (key,) = development_keys(tmp_path / "instance", in_memory=False)

    (file,) = (tmp_path / "instance").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert development_keys(tmp_path / "instance", in_memory=False) == (key,)


def test_tests_get_a_key_of_their_own_and_no_file(tmp_path):
    assert development_keys(tmp_path, in_memory=True) != development_keys(tmp_path, in_memory=True)
    assert list(tmp_path.iterdir()) == []


def test_many_processes_starting_at_once_agree_on_one_key(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: development_keys(tmp_path, in_memory=False), range(64)))

    assert len(keys) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["atlassian-connect-development.key"]
