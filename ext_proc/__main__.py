"""python -m ext_proc"""

from __future__ import annotations

from ext_proc.cli import main

main()
