"""The pipeline that Mailman comes with, and one handler before it."""

from public import public

from mailman.pipelines import builtin
from mailman.pipelines.base import BasePipeline


@public
class Posting(BasePipeline):
    """See the package."""

    name = 'smime-posting-pipeline'
    description = 'Posting, with signed and encrypted mail left as it is.'

    _default_handlers = (
        ('smime-untouched',) + builtin.PostingPipeline._default_handlers)
