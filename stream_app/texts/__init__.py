"""What alerts say to people, in their language: templates of ours, or of the user's.

`Texts` renders, `mistakes` finds what is wrong with a user's templates before anybody needs them.
Not responsible for where the texts go.
"""

from stream_app.texts.check import Mistake, mistakes
from stream_app.texts.render import Body, Texts, Voice, Written

__all__ = ["Body", "Mistake", "Texts", "Voice", "Written", "mistakes"]
