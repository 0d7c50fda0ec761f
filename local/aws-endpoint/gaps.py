"""Says of each gap that launch.py closes whether the stock emulator still has it: JSON, gap name to true or false."""

import inspect
import json
import os

os.environ.setdefault("IOT_MTLS_ENABLED", "0")

from ministack import app  # noqa: E402
from ministack.core import iam_actions, iam_evaluator, lambda_runtime  # noqa: E402
from ministack.services import apigateway_v1, cloudwatch, cloudwatch_logs, lambda_svc  # noqa: E402
from ministack.services.cloudformation import provisioners  # noqa: E402

REQUEST = {
    "api_id": "a",
    "stage": {},
    "stage_name": "api",
    "headers": {},
    "query_params": {},
    "path_params": {},
    "resource_path": "/",
    "request_id": "r",
}


def plain_http_is_insecure_on_loopback():
    iam_evaluator.pin_request_origin("127.0.0.1", False)
    return iam_evaluator.EvalContext.__dataclass_fields__["secure_transport"].default_factory() is False


def kms_policies_lack_their_encryption_context():
    body = b'{"EncryptionContext":{"a":"b"}}'
    stock = iam_actions.request_tag_context("kms", "kms:Decrypt", body, {}) or {}
    return "kms:EncryptionContext:a" not in stock and "EncryptionContext" not in inspect.getsource(app)


def dynamodb_policies_lack_their_leading_keys():
    stock = iam_actions.dynamodb_service_context(b'{"Key":{"pk":{"S":"a"}}}')
    return "dynamodb:LeadingKeys" not in stock and "LeadingKeys" not in inspect.getsource(app)


def kms_policies_lack_what_is_asked_for():
    body = b'{"KeySpec":"ECC_SECG_P256K1"}'
    return "kms:KeySpec" not in (iam_actions.request_tag_context("kms", "kms:CreateKey", body, {}) or {})


def s3_policies_lack_conditional_puts():
    return "s3:if-none-match" not in iam_actions.s3_service_context(
        "s3:PutObject", {}, "/bucket/key", {"if-none-match": "*"}
    )


def policies_see_sessions_for_roles():
    session = "arn:aws:sts::000000000000:assumed-role/r/s"
    context = iam_evaluator.EvalContext(session, "AssumedRole", "000000000000", "s3:PutObject", "*", "us-east-1")
    return iam_evaluator._resolve_condition_key("aws:PrincipalArn", context) == session


def message_groups_wait_for_each_other():
    return lambda_svc._sqs_esm_concurrency({}, {}, {}, {"is_fifo": True}) == 1


def secrets_are_referred_to_by_name():
    physical_id, attributes = provisioners._sm_secret_create("Logical", {"Name": "n", "SecretString": "x"}, "stack")
    return physical_id == "n" and attributes["Arn"] != physical_id


def authorizers_lack_the_source_address():
    present, _ = apigateway_v1._request_identity_sources("context.identity.sourceIp", {}, {}, {})
    return present is False


def gateway_responses_lack_the_time():
    error = apigateway_v1._GatewayError("UNAUTHORIZED", "Unauthorized")
    apigateway_v1._gateway_responses["a"] = {
        "UNAUTHORIZED": {
            "responseType": "UNAUTHORIZED",
            "statusCode": "401",
            "responseTemplates": {"application/json": "$context.requestTime"},
        }
    }
    _, _, body = apigateway_v1._gateway_error_response(error, REQUEST)
    return body == b"$context.requestTime"


def concurrent_calls_start_processes_without_bound():
    return lambda_runtime._LOCAL_MAX_WORKERS == 0


def sqs_batches_are_actions_of_their_own():
    action = iam_actions.extract_iam_action(
        "sqs", "POST", "/", {"x-amz-target": "AmazonSQS.ChangeMessageVisibilityBatch"}, b"{}", {}
    )
    return action == "sqs:ChangeMessageVisibilityBatch"


def kms_aliases_are_resources_of_their_own():
    arn = iam_actions.extract_resource_arn("kms", "POST", "/", {}, b'{"KeyId":"alias/a"}', {}, "r", "000000000000")
    return ":alias/" in arn


def ses_policies_lack_who_mails_whom():
    body = b'{"FromEmailAddress":"a@b.example","Destination":{"ToAddresses":["c@d.example"]}}'
    path = "/v2/email/outbound-emails"
    arn = iam_actions.extract_resource_arn("ses", "POST", path, {}, body, {}, "r", "000000000000")
    return arn == "*" and "FromAddress" not in inspect.getsource(iam_actions) + inspect.getsource(app)


def streams_wait_for_queues():
    return "_poll_dynamodb_streams()" in inspect.getsource(lambda_svc._poll_loop)


def alarms_are_not_told_to_the_bus():
    return "_put_events" not in inspect.getsource(cloudwatch)


def subscriptions_want_every_term():
    return not cloudwatch_logs._subscription_pattern_matches("?a1 ?b2", "a1")


GAPS = [
    plain_http_is_insecure_on_loopback,
    kms_policies_lack_their_encryption_context,
    dynamodb_policies_lack_their_leading_keys,
    kms_policies_lack_what_is_asked_for,
    s3_policies_lack_conditional_puts,
    policies_see_sessions_for_roles,
    message_groups_wait_for_each_other,
    secrets_are_referred_to_by_name,
    authorizers_lack_the_source_address,
    gateway_responses_lack_the_time,
    concurrent_calls_start_processes_without_bound,
    sqs_batches_are_actions_of_their_own,
    kms_aliases_are_resources_of_their_own,
    ses_policies_lack_who_mails_whom,
    streams_wait_for_queues,
    alarms_are_not_told_to_the_bus,
    subscriptions_want_every_term,
]

print(json.dumps({gap.__name__: gap() for gap in GAPS}))
