"""How OpenAI tells of files and batches.

Spec: https://platform.openai.com/docs/api-reference/files/object and …/batch/object
"""

from __future__ import annotations

from ext_proc.apis.batches.outline import output_files, used
from ext_proc.apis.batches.pages import page
from ext_proc.apis.keeps import Telling

OF_BATCHES = Telling(used, output_files, shown=lambda told: told, page=page)
OF_FILES = Telling(lambda _told: None, lambda _told: (), shown=lambda told: told, page=page)
