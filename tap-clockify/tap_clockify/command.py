"""The command line: each mistake of a user ends in one line on stderr and exit code 1, without a traceback."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from clockify_client import ClockifyError
from clockify_client.files import in_words
from clockify_client.output import OutputLostError
from clockify_client.terminal import share
from singer_sdk.exceptions import ConfigValidationError, MappingError
from singer_sdk.plugin_base import SingerCommand
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Generator


class OneLineCommand(SingerCommand):
    """The SDK's command with errors in one line."""

    @override
    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run; for errors see `failing_in_one_line`."""
        share()
        with failing_in_one_line(self.logger):
            return super().main(*args, **kwargs)

    @override
    def invoke(self, ctx: click.Context) -> Any:
        """Call the tap without the SDK's own two-line report of invalid settings."""
        logging.captureWarnings(capture=True)
        return click.Command.invoke(self, ctx)


@contextmanager
def failing_in_one_line(logger: logging.Logger) -> Generator[None, None, None]:
    """Turn an error that a user can correct into one log line and exit code 1.

    Raises:
        SystemExit: With code 1, or with that of the signal that ended the run.
    """
    try:
        yield
    except OutputLostError as error:
        logger.error("%s", error)  # noqa: TRY400
        sys.exit(error.code)
    except OSError as error:
        logger.error("%s", in_words(error))  # noqa: TRY400
    except ConfigValidationError as error:
        logger.error("The settings are not valid: %s", "; ".join(error.errors))  # noqa: TRY400
    except (ClockifyError, MappingError, ValueError) as error:
        what = (
            "A file given on the command line, or a setting of the environment, is not JSON: "
            if hasattr(error, "lineno")
            else ""
        )
        logger.error("%s%s", what, error)  # noqa: TRY400
    else:
        return
    sys.exit(1)
