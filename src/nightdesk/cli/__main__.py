"""`python -m nightdesk.cli`, for supervisors that know the interpreter and not where scripts are installed."""

import sys

from nightdesk.cli.main import main

sys.exit(main())
