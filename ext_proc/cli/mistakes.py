"""What a user can put right: told in a line, without a traceback."""

from __future__ import annotations

from ext_proc.cli.failure import Failure
from ext_proc.credentials.credential import NoCredential
from ext_proc.errors import ControlError
from ext_proc.price_file import PriceFileError
from ext_proc.settings_findings import ConfigError

MISTAKES = (Failure, ConfigError, NoCredential, PriceFileError, ControlError)
