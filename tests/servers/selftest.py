# SPDX-License-Identifier: Apache-2.0
"""MinIO and moto, asked by Amazon's own SDK; prints `ok NAME` or `not ok NAME` per check."""

import os
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20)


def check(name, wanted, got):
    print(f"ok {name}" if wanted == got else f"not ok {name}")
    if wanted != got:
        print(f"  wanted {wanted!r}, got {got!r}")


def client(service, url, key, secret, token=None):
    return boto3.client(
        service,
        endpoint_url=os.environ[url],
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=ONCE,
    )


def code(call, **arguments):
    try:
        return call(**arguments)["ResponseMetadata"]["HTTPStatusCode"]
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"]


def minio():
    key, secret = os.environ["SERVER_S3_KEY"], os.environ["SERVER_S3_SECRET"]
    bucket = os.environ["SERVER_S3_BUCKET"]
    body = bytes(range(256)) * 8
    s3 = client("s3", "SERVER_S3", key, secret)
    item = {"Bucket": bucket, "Key": "a/object"}
    etag = s3.put_object(**item, Body=body)["ETag"]

    wrong = client("s3", "SERVER_S3", key, secret + "x")
    check("minio refuses a wrong secret", 403, code(wrong.get_object, **item))
    stranger = client("s3", "SERVER_S3", "nobody", secret)
    check("minio refuses an unknown key", 403, code(stranger.get_object, **item))
    check("minio gives back what was put", body, s3.get_object(**item)["Body"].read())
    check("minio serves a range", body[100:200],
          s3.get_object(**item, Range="bytes=100-199")["Body"].read())
    check("minio serves a suffix", body[-10:],
          s3.get_object(**item, Range="bytes=-10")["Body"].read())
    check("minio refuses a range past the end", 416,
          code(s3.get_object, **item, Range="bytes=9999-"))
    check("minio honours If-None-Match", 304, code(s3.get_object, **item, IfNoneMatch=etag))
    check("minio honours If-Match", 412, code(s3.get_object, **item, IfMatch='"0"'))
    check("minio misses what is not there", 404,
          code(s3.get_object, Bucket=bucket, Key="a/nothing"))

    for number in range(5):
        s3.put_object(Bucket=bucket, Key=f"l/{number}", Body=b"")
    first = s3.list_objects_v2(Bucket=bucket, Prefix="l/", MaxKeys=3)
    rest = s3.list_objects_v2(Bucket=bucket, Prefix="l/", MaxKeys=3,
                              ContinuationToken=first["NextContinuationToken"])
    check("minio lists in pages", [f"l/{number}" for number in range(5)],
          [entry["Key"] for entry in first["Contents"] + rest["Contents"]])
    session(key, secret, item)


def session(key, secret, item):
    sts = client("sts", "SERVER_S3", key, secret)
    given = sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="test")
    given = given["Credentials"]
    pair = given["AccessKeyId"], given["SecretAccessKey"]
    s3 = client("s3", "SERVER_S3", *pair, given["SessionToken"])
    check("minio takes a session's credentials", 200, code(s3.get_object, **item))
    s3 = client("s3", "SERVER_S3", *pair)
    check("but not without the session's token", 403, code(s3.get_object, **item))


def moto():
    ec2 = client("ec2", "SERVER_AWS", "key", "secret")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=image, InstanceType="p5.48xlarge", MinCount=1, MaxCount=1)
    name = made["Instances"][0]["InstanceId"]
    found = ec2.describe_instances(InstanceIds=[name])["Reservations"][0]["Instances"][0]
    check("moto describes an instance", "p5.48xlarge", found["InstanceType"])
    kinds = ec2.describe_instance_types(InstanceTypes=["m5.large"])["InstanceTypes"]
    check("moto describes an instance type", 3, kinds[0]["NetworkInfo"]["MaximumNetworkInterfaces"])
    check("moto refuses an unknown instance", 400,
          code(ec2.describe_instances, InstanceIds=["i-00000000000000000"]))

    eks = client("eks", "SERVER_AWS", "key", "secret")
    eks.create_cluster(name="muster-test", roleArn="arn:aws:iam::123456789012:role/x",
                       resourcesVpcConfig={"subnetIds": []})
    found = eks.describe_cluster(name="muster-test")["cluster"]
    check("moto describes a cluster", "ACTIVE", found["status"])
    check("moto misses a cluster", 404, code(eks.describe_cluster, name="other"))

    logs = client("logs", "SERVER_AWS", "key", "secret")
    group = {"logGroupName": "/aws/sagemaker/Clusters/a/b"}
    logs.create_log_group(**group)
    stream = {**group, "logStreamName": "LifecycleConfig/g/i"}
    logs.create_log_stream(**stream)
    now = 1000 * int(time.time())
    logs.put_log_events(**stream, logEvents=[{"timestamp": now, "message": "said"}])
    check("moto keeps a log line", ["said"],
          [event["message"] for event in logs.get_log_events(**stream)["events"]])


minio()
moto()
