"""Starts MiniStack as the local AWS endpoint, with the few corrections that no AWS API can make.

Each correction names the gap it closes. test/integration/local/emulator-gaps.test.ts shows that the stock package
still has the gap, and fails once upstream has closed it: then the correction goes.
"""

import json
import os
import re
import threading
import time
from email.utils import parseaddr

from ministack.core import iam_actions, iam_evaluator
from ministack.services import apigateway_v1, cloudwatch, cloudwatch_logs, eventbridge, kms, lambda_svc, secretsmanager
from ministack.services.cloudformation import provisioners


def allow_plain_http_on_loopback():
    """Gap: IAM is enforced, but every request counts as insecure transport, so each policy that demands TLS (CDK's
    bootstrap bucket, every queue and topic with enforceSSL) denies everything. The endpoint listens on loopback only,
    which stands in for TLS."""
    stock = iam_evaluator.pin_request_origin

    def as_if_encrypted(source_ip, secure_transport):
        stock(source_ip, True)

    iam_evaluator.pin_request_origin = as_if_encrypted


def give_kms_policies_their_encryption_context():
    """Gap: kms:EncryptionContext:<name> and kms:EncryptionContextKeys are never filled in, so a policy that demands a
    context denies everything."""
    stock = iam_actions.request_tag_context

    def with_encryption_context(service, iam_action, body, *rest):
        context = dict(stock(service, iam_action, body, *rest) or {})
        if service != "kms":
            return context
        try:
            pairs = (json.loads(body or b"{}") or {}).get("EncryptionContext") or {}
        except (ValueError, AttributeError):
            return context
        for name, value in pairs.items():
            context[f"kms:EncryptionContext:{name}"] = value
        context["kms:EncryptionContextKeys"] = list(pairs)
        return context

    iam_actions.request_tag_context = with_encryption_context


def give_dynamodb_policies_their_leading_keys():
    """Gap: dynamodb:LeadingKeys is never filled in, so a policy that gives some partitions of a table gives all of them.
    The items of a transaction are checked one after the other, each with its own key."""
    stock_context, stock_checks = iam_actions.dynamodb_service_context, iam_actions.dynamodb_transaction_checks
    latest = threading.local()

    def parsed(body):
        try:
            request = json.loads(body or b"{}")
        except ValueError:
            return {}
        return request if isinstance(request, dict) else {}

    def partition_of(item):
        return [str(value) for value in ((item or {}).get("pk") or {}).values()]

    def keys_of(request):
        if "KeyConditionExpression" in request:
            name = re.search(r"=\s*(:\w+)", request["KeyConditionExpression"])
            return partition_of({"pk": request.get("ExpressionAttributeValues", {}).get(name.group(1))}) if name else []
        batches = [keys.get("Keys") or [] for keys in (request.get("RequestItems") or {}).values() if isinstance(keys, dict)]
        items = [request.get("Key") or request.get("Item"), *(item for keys in batches for item in keys)]
        return [key for item in items for key in partition_of(item)]

    def with_leading_keys(body):
        latest.keys = keys_of(parsed(body))
        return {**stock_context(body), "dynamodb:LeadingKeys": latest.keys}

    class OneAfterTheOther(list):
        def __init__(self, checks, items):
            super().__init__(checks)
            self.keys = [partition_of(item) for item in items]

        def __iter__(self):
            for check, keys in zip(super().__iter__(), self.keys, strict=True):
                latest.keys[:] = keys
                yield check

    def each_with_its_key(iam_action, body, *rest):
        checks = stock_checks(iam_action, body, *rest)
        members = [detail for item in parsed(body).get("TransactItems") or [] for detail in item.values()]
        return OneAfterTheOther(checks, [detail.get("Key") or detail.get("Item") for detail in members]) if checks else []

    iam_actions.dynamodb_service_context = with_leading_keys
    iam_actions.dynamodb_transaction_checks = each_with_its_key


def tell_kms_policies_what_is_asked_for():
    """Gap: the condition keys of CreateKey and Sign (kms:KeySpec, kms:SigningAlgorithm and their kind) are never filled in,
    so a policy that bounds which keys may be made, or what is signed, denies everything."""
    stock = iam_actions.request_tag_context
    defaults = {
        "CreateKey": {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS", "MultiRegion": False},
        "Sign": {"SigningAlgorithm": None, "MessageType": "RAW"},
    }

    def with_request(service, iam_action, body, *rest):
        context = dict(stock(service, iam_action, body, *rest) or {})
        fields = defaults.get(iam_action.split(":", 1)[-1]) if service == "kms" else None
        if fields is None:
            return context
        try:
            request = json.loads(body or b"{}") or {}
        except ValueError:
            return context
        for name, default in fields.items():
            value = request.get(name, default)
            key = "kms:KeyOrigin" if name == "Origin" else f"kms:{name}"
            context[key] = str(value).lower() if isinstance(value, bool) else value
        return context

    iam_actions.request_tag_context = with_request


def tell_s3_policies_of_conditional_puts():
    """Gap: s3:if-none-match is never filled in, so a bucket policy that demands conditional puts denies every put."""
    stock = iam_actions.s3_service_context

    def with_condition(iam_action, query_params, path="", headers=None):
        context = dict(stock(iam_action, query_params, path, headers))
        condition = (headers or {}).get("if-none-match")
        if iam_action == "s3:PutObject" and condition:
            context["s3:if-none-match"] = condition
        return context

    iam_actions.s3_service_context = with_condition


def tell_policies_the_role_of_a_session():
    """Gap: aws:PrincipalArn of an assumed role is the session's ARN; on AWS it is the role's
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn)."""
    stock = iam_evaluator._resolve_condition_key

    def by_role(key, context):
        value = stock(key, context)
        if key.lower() != "aws:principalarn":
            return value
        session = re.fullmatch(r"arn:aws:sts::(\d+):assumed-role/([^/]+)/.*", value or "")
        return f"arn:aws:iam::{session.group(1)}:role/{session.group(2)}" if session else value

    iam_evaluator._resolve_condition_key = by_role


def work_message_groups_side_by_side():
    """Gap: a FIFO queue has one batch in flight over all message groups, so one busy lane holds up every other. The
    queue itself already keeps a group's next message back while one is in flight."""
    stock = lambda_svc._sqs_esm_concurrency

    def by_group(esm, func_rec, config, queue=None):
        return stock(esm, func_rec, config, None)

    lambda_svc._sqs_esm_concurrency = by_group


def refer_to_secrets_by_arn():
    """Gap: CloudFormation's Ref of a secret is its name; on AWS it is its ARN. With IAM enforced, a policy that names
    the Ref then matches nothing."""
    handler = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    create, update, delete = handler["create"], handler["update"], handler["delete"]

    def name_of(physical_id):
        name, secret = secretsmanager._resolve(physical_id)
        return name if secret else physical_id

    def create_by_arn(*args):
        _, attributes = create(*args)
        return attributes["Arn"], attributes

    def update_by_arn(physical_id, *args):
        _, attributes = update(name_of(physical_id), *args)
        return attributes["Arn"], attributes

    def delete_by_arn(physical_id, props):
        delete(name_of(physical_id), props)

    handler.update(create=create_by_arn, update=update_by_arn, delete=delete_by_arn)


def tell_ses_policies_who_mails_whom():
    """Gap: SESv2's SendEmail has no resource, and ses:FromAddress and ses:Recipients are never filled in, so a policy that
    bounds who is mailed in whose name denies everything. On AWS the resource is the identity: here the domain of the sender
    (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html). A name before the
    sender's address is a key of its own, and no part of the address."""
    stock_resource, stock_key = iam_actions.extract_resource_arn, iam_evaluator._resolve_condition_key
    latest = threading.local()

    def mail_of(body):
        try:
            request = json.loads(body or b"{}")
        except ValueError:
            return None
        return request if isinstance(request, dict) and "FromEmailAddress" in request else None

    def sender_of(mail):
        return parseaddr(mail["FromEmailAddress"])

    def identity_of_sender(service, method, path, headers, body, query, region, account):
        latest.mail = mail_of(body) if service == "ses" else None
        if latest.mail is None:
            return stock_resource(service, method, path, headers, body, query, region, account)
        return f"arn:aws:ses:{region}:{account}:identity/{sender_of(latest.mail)[1].split('@')[-1]}"

    def with_addresses(key, context):
        mail = getattr(latest, "mail", None)
        if mail is not None and key.lower() == "ses:fromaddress":
            return sender_of(mail)[1]
        if mail is not None and key.lower() == "ses:fromdisplayname":
            return sender_of(mail)[0]
        if mail is not None and key.lower() == "ses:recipients":
            destination = mail.get("Destination") or {}
            return [to for kind in ("To", "Cc", "Bcc") for to in destination.get(f"{kind}Addresses") or []]
        return stock_key(key, context)

    iam_actions.extract_resource_arn, iam_evaluator._resolve_condition_key = identity_of_sender, with_addresses


def read_streams_beside_queues():
    """Gap: streams of tables are read by the thread that works the queues, and each call is waited for there, so one that
    takes long holds up every lane. Here they are read by a thread of their own."""
    stock = lambda_svc._poll_dynamodb_streams
    busy = threading.Lock()

    def beside():
        if busy.acquire(blocking=False):
            threading.Thread(target=read, daemon=True).start()
        return False

    def read():
        try:
            while stock():
                pass
        finally:
            busy.release()

    lambda_svc._poll_dynamodb_streams = beside


def authorise_sqs_batches_as_their_single_action():
    """Gap: ChangeMessageVisibilityBatch and its kind are checked as IAM actions of those names. There are none: a batch
    needs the permission of the single action
    (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html)."""
    stock = iam_actions.extract_iam_action

    def single(service, *rest):
        action = stock(service, *rest)
        return action.removesuffix("Batch") if service == "sqs" and action else action

    iam_actions.extract_iam_action = single


def authorise_kms_aliases_as_their_keys():
    """Gap: a call that names a KMS key by its alias is checked against the alias's ARN. On AWS the resource is the key
    (https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html)."""
    stock = iam_actions.extract_resource_arn

    def key_of_alias(service, *rest):
        arn = stock(service, *rest)
        if service != "kms" or ":alias/" not in arn:
            return arn
        key_id = kms._aliases.get(arn)
        return f"{arn.split(':alias/')[0]}:key/{key_id.split('/')[-1]}" if key_id else arn

    iam_actions.extract_resource_arn = key_of_alias


def tell_authorizers_the_source_address():
    """Gap: an authorizer's identity source context.identity.sourceIp counts as absent, so every request is a 401."""
    stock = apigateway_v1._request_identity_sources

    def with_source_address(identity_source, headers, query_params, stage):
        sources = [source.strip() for source in (identity_source or "").split(",")]
        others = [source for source in sources if source != "context.identity.sourceIp"]
        present, values = stock(",".join(others), headers, query_params, stage)
        if len(others) < len(sources):
            forwarded = apigateway_v1._header_ci(headers, "x-forwarded-for") or "127.0.0.1"
            values.append(forwarded.split(",")[0].strip())
        return present, values

    apigateway_v1._request_identity_sources = with_source_address


def tell_gateway_responses_the_time():
    """Gap: gateway responses leave $context.requestTime as it stands."""
    stock = apigateway_v1._gateway_error_response

    def with_time(error, request):
        status, headers, body = stock(error, request)
        now = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime())
        return status, headers, body.replace(b"$context.requestTime", now.encode())

    apigateway_v1._gateway_error_response = with_time


def queue_calls_for_a_few_workers():
    """Gap: each concurrent call of a function starts one more Node process, without a bound; a hundred at once bring a
    laptop down. Here a call waits for one of a few processes instead, as long as its caller does."""
    stock_acquire, stock_release = lambda_svc.acquire_worker, lambda_svc.release_worker
    workers_per_function = max(4, 2 * (os.cpu_count() or 1))
    gates, guard, held = {}, threading.Lock(), threading.local()

    def acquire(func_name, *args, **kwargs):
        with guard:
            gate = gates.setdefault(func_name, threading.BoundedSemaphore(workers_per_function))
        gate.acquire()
        held.gate = gate
        try:
            return stock_acquire(func_name, *args, **kwargs)
        except BaseException:
            release(None)
            raise

    def release(worker):
        stock_release(worker)
        gate, held.gate = getattr(held, "gate", None), None
        if gate is not None:
            gate.release()

    lambda_svc.acquire_worker, lambda_svc.release_worker = acquire, release


def tell_the_bus_of_alarms():
    """Gap: what an alarm changes to is told to its actions only, never to EventBridge."""
    stock = cloudwatch._record_history

    def and_tell(alarm_name, old_state, new_state, reason, *rest, **more):
        stock(alarm_name, old_state, new_state, reason, *rest, **more)
        alarm = cloudwatch._alarms.get(alarm_name) or cloudwatch._composite_alarms.get(alarm_name)
        if alarm is None or old_state == new_state:
            return
        detail = {
            "alarmName": alarm_name,
            "configuration": {"description": alarm.get("AlarmDescription", "")},
            "previousState": {"value": old_state},
            "state": {"value": new_state, "reason": reason},
        }
        entry = {
            "Source": "aws.cloudwatch",
            "DetailType": "CloudWatch Alarm State Change",
            "Detail": json.dumps(detail),
            "Resources": [alarm["AlarmArn"]],
        }
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)

    cloudwatch._record_history = and_tell


def hand_on_lines_with_any_of_the_terms():
    """Gap: of a subscription's pattern every term counts as required, those with a ? (any of them) as well."""
    stock = cloudwatch_logs._subscription_pattern_matches

    def any_or_all(pattern, message):
        optional = re.findall(r'\?("[^"]+"|[^\s"]+)', pattern or "")
        if not optional:
            return stock(pattern, message)
        return any(term.strip('"') in (message or "") for term in optional)

    cloudwatch_logs._subscription_pattern_matches = any_or_all


allow_plain_http_on_loopback()
queue_calls_for_a_few_workers()
authorise_sqs_batches_as_their_single_action()
authorise_kms_aliases_as_their_keys()
tell_authorizers_the_source_address()
tell_gateway_responses_the_time()
refer_to_secrets_by_arn()
give_kms_policies_their_encryption_context()
give_dynamodb_policies_their_leading_keys()
tell_kms_policies_what_is_asked_for()
tell_s3_policies_of_conditional_puts()
tell_policies_the_role_of_a_session()
work_message_groups_side_by_side()
tell_ses_policies_who_mails_whom()
read_streams_beside_queues()
tell_the_bus_of_alarms()
hand_on_lines_with_any_of_the_terms()

from ministack.app import main  # noqa: E402  (after the corrections)

main()
