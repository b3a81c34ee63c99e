"""Domain errors: a stable code, an HTTP status, and a message for people.

Messages are English sources for translation, with named placeholders filled from `details`. They
say what happened and what to do next. How an error is shaped (a page, JSON, a client's own
envelope) is the business of whoever answers.
"""

import errno
from typing import Any, ClassVar

SIZES = {"limit", "used", "needed"}
FIGURES = {"most", "count"}
"""The details of errors that are numbers of bytes, and other numbers that can be large."""


class DomainError(Exception):
    """Something a person asked for cannot be done.

    `code` is for programs and never changes; `status` is the HTTP status that fits; `message` is
    the untranslated text, `details` the values of its placeholders.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    message: ClassVar[str] = "Something went wrong. Please try again."

    def __init__(self, **details: Any) -> None:
        super().__init__(details)
        self.details = details

    def __str__(self) -> str:
        """The message in English, for the command and the log."""
        return self.message % {name: plain(name, value) for name, value in self.details.items()}


def plain(name: str, value: Any) -> Any:
    """Return a detail of an error as an English text has it."""
    if name in FIGURES and isinstance(value, int):
        return f"{value:,}"
    if name not in SIZES or not isinstance(value, int):
        return value
    for power, unit in ((4, "TB"), (3, "GB"), (2, "MB"), (1, "KB")):
        if value >= 1024**power and value * 10 % 1024**power == 0:
            return f"{value / 1024**power:g} {unit}"
    return f"{value:,} B"


def message_(text: str) -> str:
    """Mark `text` for translation without translating it; the view does that when it answers."""
    return text


class NotFoundError(DomainError):
    """There is no such thing, or it is not yours: both look the same from outside."""

    code = "not_found"
    status = 404
    message = message_("This page or picture does not exist, or no longer does.")


class NotSignedInError(DomainError):
    """Only for people who are logged in."""

    code = "login_required"
    status = 401
    message = message_("You are not logged in, or no longer are. Log in, then try again.")


class InvalidTokenError(DomainError):
    """The API token is missing, unknown or expired."""

    code = "invalid_token"
    status = 401
    message = message_(
        "This token is missing, unknown or expired. Make a new one in the settings, under “Tokens”."
    )


class ScopeError(DomainError):
    """The API token does not reach this far."""

    code = "insufficient_scope"
    status = 403
    message = message_("This token may not do that. Make one with the scope “%(scope)s”.")


class TokenExpiryError(DomainError):
    """A token cannot have expired before it is made."""

    code = "invalid_expiry"
    status = 422
    message = message_("This moment has passed. Choose a later one.")


class TooManyTokensError(DomainError):
    """The account has as many tokens as it may."""

    code = "too_many_tokens"
    status = 422
    message = message_("You have %(most)s tokens. Revoke those that nothing uses any more first.")


class NotAdmittedError(DomainError):
    """The request carries no token, and guests may not do this."""

    code = "not_admitted"
    status = 401
    message = message_("Only for users who are logged in. Log in, then try again.")


class RegistrationClosedError(DomainError):
    """Nobody may register at the moment."""

    code = "registration_closed"
    status = 403
    message = message_("Registration is closed. Ask the person who runs this site for an account.")


class UsernameTakenError(DomainError):
    """Another account has this name."""

    code = "username_taken"
    status = 409
    message = message_("The name “%(name)s” is taken. Choose another one.")


class InvalidUsernameError(DomainError):
    """The name cannot be an account's."""

    code = "invalid_username"
    status = 422
    message = message_(
        "A user name has 1 to 40 letters, digits, dots, hyphens or underscores, in any script."
    )


class NoSuchUserError(DomainError):
    """No account has this name. For admins; visitors are never told."""

    code = "no_such_user"
    status = 404
    message = message_("There is no account named “%(name)s”.")


class WeakPasswordError(DomainError):
    """The password is too short or too long."""

    code = "weak_password"
    status = 422
    message = message_("Choose a password of 8 to 200 characters.")


class LinkPasswordError(DomainError):
    """The password for a link is too short or too long."""

    code = "link_password"
    status = 422
    message = message_("Choose a password of 4 to 200 characters, or none.")


class WrongCredentialsError(DomainError):
    """User name and password do not belong together; which of them is wrong is not told."""

    code = "wrong_credentials"
    status = 401
    message = message_("User name or password is wrong. Check both and try again.")


class WrongPasswordError(DomainError):
    """The current password of the account is another one."""

    code = "wrong_password"
    status = 422
    message = message_("This is not your current password.")


class TooManyAttemptsError(DomainError):
    """A limit on attempts is reached; `seconds` says when to come back."""

    code = "too_many_attempts"
    status = 429
    message = message_("Too many attempts. Try again in %(minutes)s min.")


class TooManyRequestsError(TooManyAttemptsError):
    """A token has been used as often as it may for now."""

    code = "too_many_requests"
    message = message_("Too many requests with this token. Try again in %(seconds)s s.")


class WeChatOffError(DomainError):
    """Nobody can log in through WeChat here."""

    code = "wechat_off"
    status = 404
    message = message_(
        "Logging in through WeChat is not set up here. Whoever runs it: set WECHAT_APPID and "
        "WECHAT_SECRET."
    )


class WeChatCodeError(DomainError):
    """The code of `wx.login` is missing, used up, expired or of another mini program."""

    code = "invalid_code"
    status = 401
    message = message_("WeChat does not know this log-in code, or no longer. Log in once more.")


class WeChatRefusedError(DomainError):
    """WeChat lets this user log in nowhere."""

    code = "wechat_refused"
    status = 403
    message = message_("WeChat does not let this user log in.")


class WeChatUnavailableError(DomainError):
    """WeChat does not answer, or not in a way that can be understood."""

    code = "wechat_unavailable"
    status = 503
    message = message_("WeChat does not answer at the moment. Try again in a minute.")


class NoFileError(DomainError):
    """The request carried no file part, or nothing was chosen."""

    code = "no_file"
    status = 400
    message = message_("No picture was chosen. Select one or more files, then upload.")


class InvalidKeepError(DomainError):
    """The request asks for a way of keeping that does not exist."""

    code = "invalid_keep"
    status = 400
    message = message_("A picture is kept in one of these ways: %(ways)s. Choose one of them.")


class InvalidLinkFormError(DomainError):
    """There is no such form of a link."""

    code = "invalid_link_form"
    status = 422
    message = message_("Links can be written as %(forms)s. Choose one of them.")


class InvalidLinkTemplateError(DomainError):
    """Nothing can be made of this template of a link."""

    code = "invalid_link_template"
    status = 422
    message = message_(
        "Write a template with {url} where the address goes, on one line of at most %(length)s "
        "characters."
    )


class SeveralFilesError(DomainError):
    """The request carried more than the one file that it may."""

    code = "several_files"
    status = 400
    message = message_("Only one file is taken per request. Send each in a request of its own.")


class InvalidIdempotencyKeyError(DomainError):
    """The header `Idempotency-Key` holds no key."""

    code = "invalid_idempotency_key"
    status = 400
    message = message_("An Idempotency-Key has 1 to 200 visible ASCII characters.")


class IdempotencyMismatchError(DomainError):
    """The key came before, with another file."""

    code = "idempotency_mismatch"
    status = 422
    message = message_(
        "This Idempotency-Key was used for another file. Give every file a key of its own."
    )


class EmptyFileError(DomainError):
    """The file has no content."""

    code = "empty_file"
    status = 422
    message = message_("The file is empty. Choose it again, or save it once more.")


class FileTooLargeError(DomainError):
    """The file is over the limit."""

    code = "too_large"
    status = 413
    message = message_("The file is larger than %(limit)s. Make it smaller and try again.")


class RequestTooLargeError(DomainError):
    """The whole request is over the limit."""

    code = "too_large"
    status = 413
    message = message_("All of it together is larger than %(limit)s. Send less at once.")


class FormTextTooLargeError(DomainError):
    """What a form holds beside its files is over the limit."""

    code = "text_too_large"
    status = 413
    message = message_("The text is too long: at most %(limit)s in all. Shorten it.")


class UnsupportedTypeError(DomainError):
    """The content is no picture of a kind we take, whatever its name says."""

    code = "unsupported_type"
    status = 415
    message = message_("This is not a picture we can take. Use %(formats)s.")


class NotInSetError(UnsupportedTypeError):
    """The upload set does not take files of this kind."""

    message = message_("Files of this kind are not taken here. Use %(formats)s.")


class FormatNotInSetError(NotInSetError):
    """The upload set does not take pictures of this format, whatever the file's name says."""

    message = message_(
        "This file is %(format)s by its content, which is not taken here. Use %(formats)s."
    )


class FormatNotTakenError(DomainError):
    """Pictures of this format are not taken in this place."""

    code = "format_not_taken"
    status = 415
    message = message_(
        "This file is %(format)s by its content, which is not taken here. Use %(formats)s."
    )


class UnreadableImageError(DomainError):
    """The picture is damaged or cut off."""

    code = "unreadable_image"
    status = 422
    message = message_(
        "The picture is damaged or incomplete, so it was not kept. Save or export it again."
    )


class IncompleteImageError(UnreadableImageError):
    """The file ends before the picture does."""

    code = "incomplete_image"
    message = message_(
        "The picture is cut off: its file ends too early. Send it once more, or export it again."
    )


class TooManyPixelsError(DomainError):
    """The picture is too big to be opened safely."""

    code = "too_many_pixels"
    status = 422
    message = message_(
        "The picture is too big: at most %(megapixels)s megapixels and %(side)s pixels a side. "
        "Make it smaller and try again."
    )


class TooManyFramesError(DomainError):
    """The animation is too long."""

    code = "too_many_frames"
    status = 422
    message = message_(
        "The animation is too long: at most %(frames)s frames and %(megapixels)s megapixels in all "
        "of them. Shorten it and try again."
    )


class TooComplexError(DomainError):
    """Opening the picture took too much time or memory."""

    code = "too_complex"
    status = 422
    message = message_(
        "The picture takes too much time or memory to open, so it was not kept. Export it again, "
        "smaller or in another format."
    )


class BusyError(DomainError):
    """Every process that opens pictures is taken."""

    code = "busy"
    status = 503
    message = message_("Too many pictures are coming in at the moment. Try again in a minute.")


class StorageFullError(DomainError):
    """No room is left on the volume that holds the files."""

    code = "storage_full"
    status = 507
    message = message_("There is no room left for files. Tell the person who runs this site.")


class UnavailableError(DomainError):
    """The database or the storage does not answer at the moment."""

    code = "unavailable"
    status = 503
    message = message_("The service cannot store anything at the moment. Try again in a minute.")


class InvalidOpenidError(DomainError):
    """The openid in the address is none."""

    code = "invalid_openid"
    status = 400
    message = message_(
        "An openid is a number, or 20 to 64 letters, digits, hyphens and underscores."
    )


class InvalidMd5Error(DomainError):
    """The MD5 in the query is missing or is none."""

    code = "invalid_md5"
    status = 400
    message = message_("An MD5 has 32 hexadecimal digits.")


class InvalidPlaceError(DomainError):
    """The place in a list from which to go on is none."""

    code = "invalid_place"
    status = 400
    message = message_("The list has changed. Refresh it.")


class InvalidSizeError(DomainError):
    """The size asked for is none that a picture is made in."""

    code = "invalid_size"
    status = 400
    message = message_("Pictures are made in these sizes: %(sizes)s. Choose one of them.")


class InvalidTaskError(DomainError):
    """What was sent with a picture makes no post."""

    code = "invalid_task"
    status = 422
    message = message_(
        "A post needs a title of up to %(title)s characters, and a text of up to %(text)s."
    )


class InvalidAddressError(DomainError):
    """What was given is no address of http or https."""

    code = "invalid_address"
    status = 422
    message = message_(
        "This is no address of a picture. It begins with https:// or http:// and has no user name "
        "in it."
    )


class ForbiddenAddressError(DomainError):
    """The address is not public."""

    code = "forbidden_address"
    status = 422
    message = message_(
        "Nothing is fetched from %(host)s: it is not a public web server. Save the picture, then "
        "upload the file."
    )


class ForbiddenPortError(ForbiddenAddressError):
    """The address names a port that web servers do not use."""

    message = message_(
        "Nothing is fetched from the port %(port)s: web servers use others. Save the picture, then "
        "upload the file."
    )


class ForbiddenSchemeError(ForbiddenAddressError):
    """The address is not one of the web."""

    message = message_(
        "Nothing is fetched by “%(scheme)s”, only by https and http. Save the picture, then upload "
        "the file."
    )


class HostNotFoundError(DomainError):
    """No host has this name."""

    code = "host_not_found"
    status = 422
    message = message_("There is no server named %(host)s. Check the address.")


class UnreachableError(DomainError):
    """Nobody answers there."""

    code = "unreachable"
    status = 422
    message = message_("%(host)s does not answer. Check the address, or try again later.")


class FetchTimeoutError(DomainError):
    """The other side takes too long."""

    code = "fetch_timeout"
    status = 422
    message = message_(
        "%(host)s took too long. Try again later, or save the picture and upload the file."
    )


class InsecureError(DomainError):
    """The other side cannot prove that it is who it should be."""

    code = "insecure"
    status = 422
    message = message_("No secure connection to %(host)s is possible: its certificate is not good.")


class BadAnswerError(DomainError):
    """The other side speaks no HTTP that can be understood."""

    code = "bad_answer"
    status = 422
    message = message_("%(host)s does not answer as a web server does. Check the address.")


class BrokenOffError(DomainError):
    """The connection ended before the picture did."""

    code = "broken_off"
    status = 422
    message = message_("The connection to %(host)s broke off. Try again.")


class FetchStatusError(DomainError):
    """The other side answers, but not with a picture."""

    code = "fetch_status"
    status = 422
    message = message_(
        "%(host)s gives no picture at this address: it answers with the status %(status)s."
    )


class FetchFailedError(FetchStatusError):
    """The other side answers that it cannot give the picture now; later it may."""

    code = "fetch_failed"


class TooManyRedirectsError(DomainError):
    """One address leads to the next, and so on."""

    code = "too_many_redirects"
    status = 422
    message = message_("This address leads from one place to the next. Use the last one's address.")


class EncodedAnswerError(DomainError):
    """The other side sends the file compressed, though it was asked not to."""

    code = "encoded_answer"
    status = 422
    message = message_(
        "%(host)s sends the picture compressed once more. Save it, then upload the file."
    )


class NoPictureError(DomainError):
    """Something lies at the address, but it is no picture."""

    code = "no_picture"
    status = 415
    message = message_(
        "What lies at this address is no picture that we can take. Open the picture by itself and "
        "copy its own address."
    )


class QuotaExceededError(DomainError):
    """The account keeps as many bytes as it may: `used` of `limit`, and this one is `needed`."""

    code = "quota_exceeded"
    status = 413
    message = message_(
        "There is no room left: you keep %(used)s of %(limit)s, and this takes %(needed)s more. "
        "Delete pictures and empty the trash, or ask the person who runs this site for more."
    )


class ImageQuotaExceededError(QuotaExceededError):
    """The account keeps as many images as it may: `count` of `most`."""

    message = message_(
        "There is no room left: you keep %(count)s of %(most)s pictures. Delete some and empty the "
        "trash, or ask the person who runs this site for more."
    )


class NothingChosenError(DomainError):
    """None was chosen."""

    code = "nothing_chosen"
    status = 400
    message = message_("Nothing is chosen. Select one or more pictures first.")


class NothingLeftError(NotFoundError):
    """None of what was chosen is there, or none is yours."""

    message = message_("Nothing of what was chosen is there any more. Reload the page.")


class TooManyChosenError(DomainError):
    """More were chosen than can be dealt with at once."""

    code = "too_many_chosen"
    status = 422
    message = message_("At most %(most)s can be changed at once. Choose fewer.")


class EditConflictError(DomainError):
    """It was changed since whoever wants to change it has read it.

    `details` may say what it is `now`.
    """

    code = "edit_conflict"
    status = 409
    message = message_(
        "Somebody, maybe you in another window, changed this meanwhile. Compare, then save again."
    )


class TextTooLongError(DomainError):
    """A text has more characters than it may."""

    code = "text_too_long"
    status = 422
    message = message_("This text is too long: at most %(most)s characters.")


class InvalidVisibilityError(DomainError):
    """There is no such visibility."""

    code = "invalid_visibility"
    status = 400
    message = message_("A picture is public, unlisted or private. Choose one of them.")


class ExpiryPassedError(DomainError):
    """A picture cannot expire in the past."""

    code = "expiry_passed"
    status = 422
    message = message_("This moment has passed. Choose a later one, or delete the picture.")


class BackupNotSharedError(DomainError):
    """Pictures that hold metadata still can only be shared one by one."""

    code = "backup_not_shared"
    status = 422
    message = message_(
        "%(count)s of these are private with all that the camera wrote into them. Open each, and "
        "share it there: that is taken out first."
    )


class NoSuchEditError(DomainError):
    """The picture cannot be changed in this way."""

    code = "no_such_edit"
    status = 422
    message = message_("This cannot be done: the part has to lie inside the picture.")


class NotEditableError(DomainError):
    """Only a still picture of pixels can be turned or cropped."""

    code = "not_editable"
    status = 422
    message = message_(
        "Animations and drawings cannot be turned or cropped here. Change it elsewhere, then "
        "replace it."
    )


class AlbumNameError(DomainError):
    """An album's name is empty or too long."""

    code = "invalid_album_name"
    status = 422
    message = message_("An album's name has 1 to %(most)s characters.")


class AlbumDepthError(DomainError):
    """Albums lie too deep in each other."""

    code = "album_too_deep"
    status = 422
    message = message_("Albums can lie %(most)s deep in each other, no deeper.")


class AlbumGoneError(NotFoundError):
    """The album that a form names is not there any more, or never was its sender's."""

    code = "album_gone"
    message = message_("This album does not exist any more. Choose again.")


class AlbumCycleError(DomainError):
    """An album cannot lie in itself."""

    code = "album_cycle"
    status = 422
    message = message_("An album cannot lie in itself, nor in one that lies in it.")


class TooManyAlbumsError(DomainError):
    """The account has as many albums as it may."""

    code = "too_many_albums"
    status = 422
    message = message_("You have %(most)s albums, and more are not possible. Use tags besides.")


class TagNameError(DomainError):
    """A tag's name cannot be one."""

    code = "invalid_tag"
    status = 422
    message = message_(
        "A tag has 1 to %(most)s characters of which at least one is seen, and no comma among "
        "them. Change it."
    )


class NoTagError(DomainError):
    """Tags are to be put on, and none was named."""

    code = "no_tag"
    status = 422
    message = message_("No tag was named. Write one, or several with commas between them.")


class TooManyTagsError(DomainError):
    """A picture has as many tags as it may."""

    code = "too_many_tags"
    status = 422
    message = message_("A picture has at most %(most)s tags. Name fewer, or take some off first.")


class TooManyPostTagsError(TooManyTagsError):
    """A post has as many tags as it may."""

    message = message_("A post has at most %(most)s tags.")


class CoverError(DomainError):
    """The picture chosen for a post's cover is none that its readers would see."""

    code = "invalid_cover"
    status = 422
    message = message_(
        "This picture cannot be the cover: it is private, or not among your pictures. Choose "
        "another one."
    )


class NoMarkdownError(DomainError):
    """There is no Markdown in what was given."""

    code = "no_markdown"
    status = 422
    message = message_(
        "There is no Markdown in this. Choose files that end in .md, or a ZIP of a folder with "
        "some."
    )


class TooManyDocumentsError(DomainError):
    """More texts are to be moved than can be at once."""

    code = "too_many_documents"
    status = 422
    message = message_("At most %(most)s Markdown files can be moved at once. Give fewer.")


class TextTooLargeError(DomainError):
    """A text is too long to be read."""

    code = "text_too_large"
    status = 413
    message = message_("“%(name)s” is larger than %(limit)s. Leave it out, or divide it.")


class UnreadableTextError(DomainError):
    """A text on this machine may not be read, or is gone."""

    code = "unreadable_text"
    status = 422
    message = message_(
        "“%(name)s” cannot be read: it is gone, or its owner does not allow it. Look at its "
        "permissions."
    )


class BadArchiveError(DomainError):
    """The file is no ZIP archive, or a damaged one."""

    code = "bad_archive"
    status = 422
    message = message_("The ZIP cannot be read: it is damaged, incomplete, or none. Pack it again.")


class TooManyEntriesError(DomainError):
    """The archive lists too many files."""

    code = "too_many_entries"
    status = 422
    message = message_("The ZIP holds more than %(most)s files. Pack fewer folders at once.")


class ArchiveBombError(DomainError):
    """The archive would be much too large once it was unpacked."""

    code = "archive_bomb"
    status = 422
    message = message_(
        "The ZIP is refused: unpacked it would be far too large. Pack fewer files at once."
    )


class EncryptedArchiveError(DomainError):
    """The archive has a password."""

    code = "encrypted_archive"
    status = 422
    message = message_("The ZIP has a password. Pack it again without one.")


class UnusualArchiveError(DomainError):
    """The archive is packed by a method that few programs know."""

    code = "unusual_archive"
    status = 422
    message = message_(
        "“%(name)s” in the ZIP is packed in an unusual way. Pack the folder again as an ordinary "
        "ZIP (“Deflate”)."
    )


class UnsafeEntryError(DomainError):
    """The archive holds a file whose name leads out of it."""

    code = "unsafe_entry"
    status = 422
    message = message_(
        "The ZIP is refused: the name “%(name)s” in it leads to another place. Pack the folder "
        "again."
    )


class ArchiveLinkError(DomainError):
    """The archive holds a link."""

    code = "archive_link"
    status = 422
    message = message_(
        "The ZIP is refused: “%(name)s” in it is a link, not a file. Pack the folder again without "
        "links."
    )


class SeveralArchivesError(DomainError):
    """A ZIP came with other files."""

    code = "several_archives"
    status = 422
    message = message_("Give one ZIP alone, or Markdown files together with their pictures.")


class WrittenMeanwhileError(DomainError):
    """A text on this machine has changed while its pictures were moved."""

    code = "written_meanwhile"
    status = 409
    message = message_(
        "“%(name)s” was changed while its pictures were moved, so it is left as it is. Move it "
        "once more."
    )


class AlreadyThereError(DomainError):
    """Where a moved text would be written there is something else."""

    code = "already_there"
    status = 409
    message = message_(
        "“%(name)s” is there already, so it is left as it is. Name another folder with --output, "
        "or replace it with --force."
    )


class SameTargetError(DomainError):
    """Texts of two places on this machine would be written to one."""

    code = "same_target"
    status = 409
    message = message_(
        "Two of the paths would be written to “%(name)s”. Move them one after the other, each with "
        "an --output of its own."
    )


class FormerAddressError(DomainError):
    """What was given is no address that this host can have had."""

    code = "invalid_former_address"
    status = 422
    message = message_(
        "“%(address)s” is no address that this host can have had. Write it as "
        "https://img.example.org."
    )


class TooManyFormerError(DomainError):
    """More former addresses were given than one move looks for."""

    code = "too_many_former_addresses"
    status = 422
    message = message_(
        "At most %(most)s former addresses can be given. Name those that your texts have."
    )


class NotThereError(DomainError):
    """The text refers to a picture that did not come along."""

    code = "not_there"
    status = 422
    message = message_("No such picture came along. Give the folder that it is in, too.")


class NotHereError(DomainError):
    """The text shows what it takes for a picture of this host."""

    code = "not_here"
    status = 422
    message = message_(
        "This leads to this host, but no such picture is here. Put another one in its place, or "
        "take it out of the text."
    )


class NotTriedError(DomainError):
    """A move has fetched as much, or for as long, as it may."""

    code = "not_tried"
    status = 503
    message = message_(
        "This was not fetched any more: there is too much of it for one move. Move the text that "
        "you get back once more, later."
    )


class SilentHostError(DomainError):
    """A move has asked a host often enough for nothing."""

    code = "silent_host"
    status = 422
    message = message_(
        "This was not asked for: %(host)s did not answer twice before. Try again later, or save "
        "the picture and upload the file."
    )


class AlreadyMovingError(DomainError):
    """The account moves Markdown at this moment."""

    code = "already_moving"
    status = 409
    message = message_("Markdown of yours is being moved already. Wait until that is done.")


class OutsideError(DomainError):
    """The text refers to a place outside of what was given."""

    code = "outside"
    status = 422
    message = message_("This place is outside of what came along. Give the folder above, as a ZIP.")


class InUseError(DomainError):
    """Posts or texts mention `count` of the images that somebody is about to delete or to hide."""

    code = "in_use"
    status = 409
    message = message_(
        "Posts or imported texts show %(count)s of the chosen pictures, which would be missing "
        "there. If that is wanted, tick the box that says so, or send “sure=1”."
    )


class PictureInUseError(InUseError):
    """The same of one image, which nobody chose among others."""

    message = message_(
        "Posts or imported texts show this picture, which would be missing there. If that is "
        "wanted, tick the box that says so, or send “sure=1”."
    )


FULL = {errno.ENOSPC, errno.EDQUOT}


def from_os_error(error: OSError) -> DomainError:
    """Return what to tell people of a volume that is full, read-only or failing."""
    return StorageFullError() if error.errno in FULL else UnavailableError()
