"""What S3's errors mean: which may pass by themselves, and what to do about the others."""

from __future__ import annotations

from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ResponseStreamingError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.exceptions import HTTPClientError as NoAnswerError

from loaders.errors import LakeError
from loaders.settings import Settings

# botocore repeats what is throttled, failed within S3 or got no answer; these it doesn't.
TRANSIENT = {
    "ConditionalRequestConflict",  # another upload of the key ended while this one ran
    "NoSuchUpload",  # the completion went through, but its answer was lost
    "IncompleteBody",
    "BadDigest",
    "XAmzContentSHA256Mismatch",
    "XAmzContentChecksumMismatch",
    "RequestTimeout",
}
CREDENTIALS = {
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "InvalidToken",
    "TokenRefreshRequired",
    "RequestTimeTooSkewed",
}
REGION = {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301"}
NO_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    ProfileNotFound,
    TokenRetrievalError,
)


class VanishedError(Exception):
    """S3 said that an object is there, and then that it isn't."""


def code_of(error: BaseException) -> str:
    """Give S3's code of an error.

    Args:
        error: Any error.

    Returns:
        The code, empty where the error is none of S3's.
    """
    return str(error.response["Error"].get("Code", "")) if isinstance(error, ClientError) else ""


def may_pass(error: BaseException) -> bool:
    """Tell whether to try again after an error that botocore doesn't repeat by itself.

    Args:
        error: The error.

    Returns:
        Whether the next attempt may go well.
    """
    torn = isinstance(error, (VanishedError, ResponseStreamingError, IncompleteReadError))
    return torn or code_of(error) in TRANSIENT


def explain(error: BaseException, address: str, settings: Settings) -> LakeError:
    """Say what happened, where and what to do.

    Args:
        error: An error of boto3.
        address: Address of the object, or of the lake.
        settings: The settings of the lake.

    Returns:
        The error to raise.
    """
    bucket, code = address.removeprefix("s3://").partition("/")[0], code_of(error)
    if isinstance(error, NO_CREDENTIALS) or code in CREDENTIALS:
        message = f"S3 does not know who asks for {address}: {_words(error)}"
        hint = "Give this machine AWS credentials that are valid: an IAM role, or AWS_PROFILE."
    elif code == "NoSuchBucket":
        message = f"There is no bucket {bucket}."
        hint = "Mend BANKMART_LAKE, or create the bucket first."
    elif code in REGION:
        region = _region(error)
        message = f"The bucket {bucket} is in another region than {settings.aws_region or 'the one set'}."
        hint = f"Set BANKMART_AWS_REGION={region}." if region else "Set BANKMART_AWS_REGION to the bucket's."
    elif code.startswith("KMS."):
        message = f"The KMS key {settings.kms_key} can't be used for {address}: {_words(error)}"
        hint = "Mend BANKMART_KMS_KEY, or enable the key and let this role use it."
    elif code in ("AccessDenied", "403", "AllAccessDisabled"):
        message = f"S3 refuses {_operation(error)} at {address}: {_words(error)}"
        hint = "Give this role s3:PutObject and s3:GetObject on the prefix, s3:ListBucket, and the KMS key."
    elif code in ("NoSuchKey", "404"):
        message = f"The lake has no {address}."
        hint = "Was it removed? The file can be loaded again from its source."
    elif isinstance(error, (EndpointConnectionError, NoConnectionError, NoAnswerError)):
        message = f"S3 gives no answer for {address}, {settings.s3_attempts} times: {_words(error)}"
        hint = "Check BANKMART_S3_ENDPOINT, BANKMART_AWS_REGION and the network, then run this again."
    else:
        message = f"S3 failed at {address}, {settings.s3_attempts} attempts at most: {_words(error)}"
        hint = "No object is half written; run this again."
    return LakeError(message, hint=hint)


def _words(error: BaseException) -> str:
    if isinstance(error, ClientError):
        said = error.response["Error"]
        return f"{said.get('Code', '?')}: {str(said.get('Message', '')).rstrip('.')}."
    return f"{str(error).rstrip('.')}." if str(error) else f"{type(error).__name__}."


def _operation(error: BaseException) -> str:
    return error.operation_name if isinstance(error, ClientError) else "a request"


def _region(error: BaseException) -> str | None:
    if not isinstance(error, ClientError):
        return None
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    found = headers.get("x-amz-bucket-region") or error.response["Error"].get("Region")
    return str(found) if found else None
