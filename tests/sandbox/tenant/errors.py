# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All errors that the tenant can return, in their observed forms.

`seen` marks forms from the contract. The others are invented where there is no public source, so a client must not
depend on their wording.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from .wire import Answer, Call

# envelope: code, message, innerError; plain: text/plain with nothing in it; bare: envelope without innerError;
# throttled: the documented 429, whose innerError says more.
Shape = Literal["envelope", "plain", "bare", "throttled"]


@dataclass(frozen=True, slots=True)
class Case:
    """One error: its usual status, its code and its message, which may have {places}."""

    status: int
    code: str
    message: str
    shape: Shape = "envelope"
    seen: bool = True
    headers: dict[str, str] = field(default_factory=dict)


_PROFILE = "Exception of type 'Microsoft.Fast.Profile.Core.Exception.{}' was thrown."
_NO_IMAGE = _PROFILE.format("ImageNotFoundException")
_UNRESOLVED = json.dumps(
    {
        "errorCode": "ErrorUserResolutionFailedUserDoesNotExist",
        "message": _PROFILE.format("ProfileNotFoundException"),
        "target": None,
        "details": None,
        "innerError": None,
        "instanceAnnotations": [],
    },
    indent=2,
)
_B2C = json.dumps(
    {
        "error": {
            "code": "OrganizationFromTenantGuidNotFound",
            "message": "The tenant for tenant guid '{tenant}' does not exist.",
            "innerError": {
                "oAuthEventOperationId": "00000000-0000-4000-8000-000000000001",
                "oAuthEventcV": "AAAAAAAAAAAAAAAAAAAAAA.1.1",
                "errorUrl": "https://aka.ms/autherrors#error-InvalidTenant",
                "requestId": "00000000-0000-4000-8000-000000000002",
                "date": "2021-01-01T00:00:00",
            },
        }
    },
    separators=(",", ":"),
)
_BEARER = {
    "WWW-Authenticate": 'Bearer realm="", '
    'authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
    'client_id="00000003-0000-0000-c000-000000000000"'
}

CASES: dict[str, Case] = {
    # No photo.
    "image_not_found": Case(404, "ImageNotFound", _NO_IMAGE),
    "error_entity_not_found": Case(404, "ErrorEntityNotFound", _NO_IMAGE),
    "plain_404": Case(404, "", "", "plain"),
    # No user.
    "request_resource_not_found": Case(
        404,
        "Request_ResourceNotFound",
        "Resource '{identity}' does not exist or one of its queried reference-property objects are not present.",
    ),
    "resource_not_found": Case(404, "ResourceNotFound", "Resource could not be discovered."),
    "unknown_error_unresolved": Case(404, "UnknownError", _UNRESOLVED),
    # No mailbox.
    "non_existent_mailbox": Case(
        404, "ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it."
    ),
    # The codes of Microsoft's KB 4462988, and one of public issues. Status and message of photo endpoints: unknown.
    "mailbox_not_enabled": Case(
        404,
        "MailboxNotEnabledForRESTAPI",
        "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
        seen=False,
    ),
    "mailbox_not_supported": Case(
        404, "MailboxNotSupportedForRESTAPI", "REST API is not yet supported for this mailbox.", seen=False
    ),
    "mailbox_on_premises": Case(
        404, "MailboxNotHostedInExchangeOnline", "The mailbox is not hosted in Exchange Online.", seen=False
    ),
    # Uploads.
    "item_not_found": Case(
        404,
        "ErrorItemNotFound",
        "The specified object was not found in the store., Too many photo items with class 'IPM.UserPhoto.Preview'.",
    ),
    "too_small": Case(400, "ValidationWidthTooSmall", _PROFILE.format("ProfileBadRequestException")),
    "not_an_image": Case(
        500,
        "ErrorInternalServerError",
        "An internal server error occurred. The operation failed., "
        "The file you chose isn't an image. Please choose a different file.",
    ),
    "internal_error": Case(
        500, "ErrorInternalServerError", "An internal server error occurred. The operation failed."
    ),
    "b2c": Case(404, "UnknownError", _B2C),
    "store_error": Case(
        500, "ErrorStoreInternalServerError", _PROFILE.format("ProfileStorageUnexpectedException")
    ),
    "too_large": Case(413, "RequestEntityTooLarge", "The request is too large.", seen=False),
    "unsupported_media_type": Case(415, "UnsupportedMediaType", "The content type is not supported.", seen=False),
    "precondition_failed": Case(412, "ErrorIrresolvableConflict", "The change key does not match.", seen=False),
    # Queries.
    "unsupported_query": Case(400, "Request_UnsupportedQuery", "Unsupported Query."),
    "unsupported_segment": Case(400, "BadRequest", "Unsupported segment type. ODataQuery: {query}"),
    "size_not_offered": Case(400, "BadRequest", "The requested size is not available.", seen=False),
    "bad_request": Case(400, "BadRequest", "{reason}", seen=False),
    "expired_page": Case(400, "Directory_ExpiredPageToken", "The specified page token has expired.", seen=False),
    "method_not_allowed": Case(405, "Request_BadRequest", "Specified HTTP method is not allowed.", seen=False),
    "failed_dependency": Case(424, "FailedDependency", "A request this one depends on has failed.", seen=False),
    # Permissions.
    "photo_access_denied": Case(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."),
    "photo_write_denied": Case(403, "ErrorAccessDenied", "AccessDeniedException"),
    # There is a source for this answer for single users, but not for the message.
    "forbidden_by_policy": Case(403, "ForbiddenByPolicy", "The operation is forbidden by a policy.", seen=False),
    "app_only_unsupported": Case(
        403, "AppOnlyTokenNotSupportedForGroupUpdate", _PROFILE.format("ProfileAccessDeniedException")
    ),
    "request_denied": Case(
        403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
    ),
    # Tokens.
    "token_expired": Case(
        401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.", headers=_BEARER
    ),
    "token_invalid": Case(401, "InvalidAuthenticationToken", "Access token validation failure.", headers=_BEARER),
    "token_unparsable": Case(
        401, "InvalidAuthenticationToken", "CompactToken parsing failed with error code: 80049217", headers=_BEARER
    ),
    "token_missing": Case(
        401, "InvalidAuthenticationToken", "Access token is empty.", seen=False, headers=_BEARER
    ),
    # Too much, too busy.
    "throttled": Case(429, "TooManyRequests", "Please retry again later.", "throttled"),
    "throttled_unknown": Case(429, "UnknownError", ""),
    "unavailable": Case(503, "UnknownError", ""),
    "mailbox_stale": Case(
        503,
        "MailboxInfoStale",
        "Target resource '00000000-0000-4000-8000-000000000003' hosted on database "
        "'00000000-0000-4000-8000-000000000004' is currently on backend 'Unknown'",
        "bare",
    ),
    "gateway_timeout": Case(504, "UnknownError", ""),
}  # fmt: skip


def stamp(now: float) -> str:
    """The date of an error envelope."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def error(call: Call, case: str, now: float, *, status: int | None = None, **places: str) -> Answer:
    """The answer to this call for one of the cases."""
    found = CASES[case]
    status = status or found.status
    if found.shape == "plain":
        return Answer(status, b"", {"Content-Type": "text/plain"})
    message = found.message
    for name, value in places.items():  # not str.format: some messages are JSON and full of braces
        message = message.replace("{" + name + "}", value)
    body: dict[str, Any] = {"code": found.code, "message": message}
    ids = {"date": stamp(now), "request-id": call.request_id}
    if found.shape == "throttled":
        body["innerError"] = {"code": str(status), "message": "Please retry after", "status": str(status), **ids}
    elif found.shape == "envelope":
        body["innerError"] = {**ids, "client-request-id": call.client_request_id}
    return Answer(status, {"error": body}, dict(found.headers))
