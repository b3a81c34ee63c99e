"""Blog posts: publish, change, delete; by their author only."""

from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session

from flaskr.errors import NotFoundError
from flaskr.models import MAX_ID, Post, User, now
from flaskr.transactions import begin_write


def publish(session: Session, author: User, title: str, body: str) -> Post:
    """Make a post. `body` is Markdown."""
    begin_write(session)
    post = Post(author_id=author.id, title=title, body=body)
    session.add(post)
    session.flush()
    return post


def find(session: Session, post_id: int) -> Post:
    """Return a post. Raises NotFoundError."""
    post = session.get(Post, post_id) if post_id <= MAX_ID else None
    if post is None:
        raise NotFoundError
    return post


def find_own(session: Session, author: User, post_id: int) -> Post:
    """Return a post of the author's. Raises NotFoundError, also for somebody else's."""
    post = find(session, post_id)
    if post.author_id != author.id:
        raise NotFoundError
    return post


def hold(session: Session, post: Post) -> None:
    """Start a write transaction in which the post is there still. Raises NotFoundError."""
    begin_write(session)
    try:
        session.refresh(post, with_for_update={"of": Post})
    except InvalidRequestError:  # somebody deleted it since it was found
        raise NotFoundError from None


def change(session: Session, post: Post, title: str, body: str) -> None:
    """Give a post another title and body. Raises NotFoundError if it was deleted meanwhile."""
    hold(session, post)
    post.title = title
    post.body = body
    post.updated = now()


def delete(session: Session, post: Post) -> None:
    """Remove a post. Its pictures stay in the library. Raises NotFoundError as `change` does."""
    hold(session, post)
    session.delete(post)
